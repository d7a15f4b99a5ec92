import { ActionIcon } from '@mantine/core';
import { useLocation } from '@tanstack/react-router';
import { Menu as MenuIcon, X } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import { AccountMenu } from './AccountMenu';
import { Brand } from './Brand';
import { ColorSchemeMenu } from './ColorSchemeMenu';
import { ConnectionState } from './ConnectionState';
import { Navigation } from './Navigation';
import { NewVmLink } from './NewVmLink';
import { NodeBadge } from './NodeBadge';
import { SearchButton } from './SearchButton';
import classes from './TopBar.module.css';

const PANEL = 'shell-pages';

/** The shell of a narrow window: a line at the top, and the pages below it when asked for. */
export function TopBar({ onFind }: { onFind: () => void }) {
  const bar = useRef<HTMLElement>(null);
  const [open, setOpen] = usePanel(bar);
  return (
    <header ref={bar} className={classes.bar}>
      <div className={classes.line}>
        <ActionIcon
          variant="subtle"
          color="gray"
          size={44}
          aria-label="Pages"
          aria-expanded={open}
          aria-controls={PANEL}
          onClick={() => setOpen(!open)}
        >
          {open ? <X size={20} aria-hidden /> : <MenuIcon size={20} aria-hidden />}
        </ActionIcon>
        <Brand />
        <span className={classes.end}>
          <ConnectionState />
          <SearchButton onOpen={onFind} bare />
          <NewVmLink />
        </span>
      </div>
      <div id={PANEL} className={classes.panel} hidden={!open}>
        <Navigation />
        <div className={classes.foot}>
          <NodeBadge />
          <span className={classes.menus}>
            <ColorSchemeMenu />
            <AccountMenu />
          </span>
        </div>
      </div>
    </header>
  );
}

/** Closed by going to a page, by Escape, and by turning to what is behind it. */
function usePanel(bar: React.RefObject<HTMLElement | null>): [boolean, (open: boolean) => void] {
  const path = useLocation({ select: ({ pathname }) => pathname });
  const [openAt, setOpenAt] = useState<string | null>(null);
  const open = openAt === path;

  useEffect(() => {
    if (!open) return;
    const close = (): void => setOpenAt(null);
    const closeOnEscape = (event: KeyboardEvent): void => {
      if (event.key !== 'Escape' || event.defaultPrevented) return;
      close();
      bar.current?.querySelector<HTMLElement>(`[aria-controls="${PANEL}"]`)?.focus();
    };
    const closeFromOutside = (event: Event): void => {
      if (event.target instanceof Node && !bar.current?.contains(event.target)) close();
    };
    document.addEventListener('keydown', closeOnEscape);
    document.addEventListener('pointerdown', closeFromOutside);
    document.addEventListener('focusin', closeFromOutside);
    return () => {
      document.removeEventListener('keydown', closeOnEscape);
      document.removeEventListener('pointerdown', closeFromOutside);
      document.removeEventListener('focusin', closeFromOutside);
    };
  }, [open, bar]);

  return [open, (next) => setOpenAt(next ? path : null)];
}
