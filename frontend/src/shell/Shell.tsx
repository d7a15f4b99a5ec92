import { Link, Outlet } from '@tanstack/react-router';
import { LockOpen, ShieldAlert } from 'lucide-react';
import { Banner } from '@/components/ui/Banner';
import { useNode } from '@/live/useLive';
import { AccountMenu } from './AccountMenu';
import { ColorSchemeMenu } from './ColorSchemeMenu';
import { ConnectionState } from './ConnectionState';
import { Logo } from './Logo';
import { NodeBadge } from './NodeBadge';
import { OfflineBanner } from './OfflineBanner';
import classes from './Shell.module.css';

/** What surrounds every page: who and where this host is, whether what you see is live, and the way to each page. */
export function Shell() {
  const node = useNode();
  return (
    <div className={classes.shell}>
      <a className={classes.skip} href="#main">
        Skip to content
      </a>
      <header className={classes.header}>
        <div className={classes.brand}>
          <Logo />
          <span className={classes.wordmark}>dstack-vmm</span>
        </div>
        <nav className={classes.nav} aria-label="Main">
          <Link to="/" className={classes.link} activeOptions={{ includeSearch: false }}>
            Virtual machines
          </Link>
          <Link to="/images" className={classes.link}>
            Images
          </Link>
        </nav>
        <div className={classes.end}>
          {node && <NodeBadge node={node} />}
          <ConnectionState />
          <ColorSchemeMenu />
          <AccountMenu />
        </div>
      </header>
      {node?.insecure && (
        <Banner tone="alarm" label="Open to everybody" icon={<LockOpen size={16} aria-hidden />}>
          Nobody has to log in here, and other hosts can connect: whoever reaches this server owns the host.
        </Banner>
      )}
      {node?.notice && (
        <Banner tone="notice" label="About this host" icon={<ShieldAlert size={16} aria-hidden />}>
          {node.notice}
        </Banner>
      )}
      <OfflineBanner />
      <main id="main" className={classes.main} tabIndex={-1}>
        <Outlet />
      </main>
    </div>
  );
}
