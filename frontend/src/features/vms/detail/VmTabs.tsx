import { Link } from '@tanstack/react-router';
import { tabs } from './tabs';
import classes from './VmTabs.module.css';

/** The tabs are pages with addresses of their own, so they are links. */
export function VmTabs({ id }: { id: string }) {
  return (
    <nav className={classes.tabs} aria-label="Parts of this virtual machine">
      {tabs.map(({ to, label }) => (
        <Link
          key={to}
          to={to}
          params={{ id }}
          className={classes.tab}
          activeOptions={{ includeSearch: false }}
        >
          {label}
        </Link>
      ))}
    </nav>
  );
}
