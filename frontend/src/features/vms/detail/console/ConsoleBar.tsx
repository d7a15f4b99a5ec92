import { ActionIcon, Button, Menu } from '@mantine/core';
import { Ellipsis, Keyboard, Maximize2, Minimize2, Search } from 'lucide-react';
import type { GuestTerminal } from '@/components/terminal/guestTerminal';
import { copyText } from '@/lib/clipboard';
import type { TerminalView } from '@/live/terminalSession';
import { KeyboardButton } from './KeyboardButton';
import { Presence } from './Presence';
import { fontSizes } from './fontSizes';
import { sentKeys, sizeCommand } from './sentKeys';
import classes from './Console.module.css';

interface Props {
  guest: GuestTerminal;
  view: TerminalView;
  full: boolean;
  fontSize: number;
  screenReader: boolean;
  onFull: (full: boolean) => void;
  onFind: () => void;
  onPaste: () => void;
  onFontSize: (size: number) => void;
  onScreenReader: (on: boolean) => void;
}

/** Above the terminal: how the line is and who shares it, and what can be done. */
export function ConsoleBar({ guest, view, full, onFull, onFind, ...rest }: Props) {
  const Size = full ? Minimize2 : Maximize2;
  const fullLabel = full ? 'Back into the page' : 'Fill the window';
  return (
    <div className={classes.bar}>
      <Presence view={view} />
      <div className={classes.tools}>
        <KeyboardButton session={guest.session} view={view} />
        <KeysMenu guest={guest} />
        <ActionIcon
          variant="default"
          size="lg"
          aria-label="Search"
          title="Search (Ctrl Shift F)"
          onClick={onFind}
        >
          <Search size={16} aria-hidden />
        </ActionIcon>
        <ActionIcon
          variant="default"
          size="lg"
          aria-label={fullLabel}
          title={fullLabel}
          onClick={() => onFull(!full)}
        >
          <Size size={16} aria-hidden />
        </ActionIcon>
        <MoreMenu guest={guest} {...rest} />
      </div>
    </div>
  );
}

function KeysMenu({ guest }: { guest: GuestTerminal }) {
  return (
    <Menu position="bottom-end" width={220} shadow="md" transitionProps={{ duration: 0 }}>
      <Menu.Target>
        <Button
          variant="default"
          size="sm"
          className={classes.tool ?? ''}
          leftSection={<Keyboard size={16} aria-hidden />}
          data-console-exit
        >
          Send key
        </Button>
      </Menu.Target>
      <Menu.Dropdown className={classes.menu ?? ''}>
        {sentKeys.map(({ label, keys, about }) => (
          <Menu.Item
            key={label}
            rightSection={<span className={classes.about}>{about}</span>}
            onClick={() => guest.type(keys)}
          >
            {label}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}

type MoreProps = Omit<Props, 'view' | 'full' | 'onFull' | 'onFind'>;

function MoreMenu({ guest, fontSize, screenReader, onPaste, onFontSize, onScreenReader }: MoreProps) {
  const { terminal } = guest;
  return (
    <Menu position="bottom-end" width={290} shadow="md" transitionProps={{ duration: 0 }}>
      <Menu.Target>
        <ActionIcon variant="default" size="lg" aria-label="Terminal options" title="Terminal options">
          <Ellipsis size={16} aria-hidden />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown className={classes.menu ?? ''}>
        <Menu.Item
          rightSection={<span className={classes.about}>Ctrl Shift C</span>}
          onClick={() => void copyText(terminal.getSelection())}
        >
          Copy selection
        </Menu.Item>
        <Menu.Item rightSection={<span className={classes.about}>Ctrl Shift V</span>} onClick={onPaste}>
          Paste…
        </Menu.Item>
        <Menu.Item
          title="A serial line doesn’t tell a guest how large its terminal is. At a shell’s prompt, this does."
          onClick={() => guest.type(`${sizeCommand(terminal.rows, terminal.cols)}\r`)}
        >
          Tell the guest its size
          <span className={classes.command}>types {sizeCommand(terminal.rows, terminal.cols)}</span>
        </Menu.Item>
        <Menu.Divider />
        <Menu.Item
          closeMenuOnClick={false}
          disabled={fontSize >= fontSizes.largest}
          onClick={() => onFontSize(fontSize + 1)}
        >
          Larger text
        </Menu.Item>
        <Menu.Item
          closeMenuOnClick={false}
          disabled={fontSize <= fontSizes.smallest}
          onClick={() => onFontSize(fontSize - 1)}
        >
          Smaller text
        </Menu.Item>
        <Menu.Item
          role="menuitemcheckbox"
          aria-checked={screenReader}
          rightSection={<span className={classes.about}>{screenReader ? 'on' : 'off'}</span>}
          onClick={() => onScreenReader(!screenReader)}
        >
          Screen reader support
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
