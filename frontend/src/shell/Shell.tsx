import { Outlet } from '@tanstack/react-router';
import { useRef } from 'react';
import { useMediaQuery } from '@/hooks/useMediaQuery';
import { Banners } from './Banners';
import { SideBar } from './SideBar';
import classes from './Shell.module.css';
import { TopBar } from './TopBar';
import { usePageFocus } from './usePageFocus';
import { usePalette } from './usePalette';

/** What surrounds every page: who and where this host is, whether what you see is live, and the way to each page. */
export function Shell() {
  const main = useRef<HTMLElement>(null);
  const narrow = useMediaQuery('(max-width: 1100px)');
  const { open, palette } = usePalette();
  usePageFocus(main);
  return (
    <div className={classes.shell} data-narrow={narrow || undefined}>
      <a className={classes.skip} href="#main">
        Skip to content
      </a>
      {narrow ? <TopBar onFind={open} /> : <SideBar onFind={open} />}
      <div className={classes.content}>
        <Banners />
        <main id="main" ref={main} className={classes.main} tabIndex={-1}>
          <Outlet />
        </main>
      </div>
      {palette}
    </div>
  );
}
