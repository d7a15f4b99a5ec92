import { Link, useLocation } from '@tanstack/react-router';
import { useAccount } from '@/api/account';
import { useNodes } from '@/live/useLive';
import classes from './Navigation.module.css';
import { isCurrent, pagesFor } from './pages';

/** The way to every page that the reader may see. */
export function Navigation() {
  const account = useAccount();
  const isFleet = useNodes().length > 1;
  const path = useLocation({ select: ({ pathname }) => pathname });
  return (
    <nav className={classes.nav} aria-label="Main">
      {pagesFor(account, isFleet).map(({ label, pages }) => (
        <section key={label} aria-label={label}>
          <h2 className={classes.group} aria-hidden>
            {label}
          </h2>
          <ul className={classes.list}>
            {pages.map((page) => (
              <li key={page.path}>
                <Link
                  to={page.path}
                  className={classes.link}
                  activeOptions={{ exact: true, includeSearch: false }}
                  aria-current={isCurrent(page, path) ? 'page' : undefined}
                >
                  <page.Icon size={16} aria-hidden />
                  {page.label}
                </Link>
              </li>
            ))}
          </ul>
        </section>
      ))}
    </nav>
  );
}
