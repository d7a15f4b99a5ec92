import { useEffect, type ReactNode } from 'react';
import classes from './Page.module.css';

interface Props {
  title: ReactNode;
  /** The title of the browser's tab: what is on the page first, then whose it is. */
  tab: string;
  /** Below the title, in one quiet line. */
  lead?: ReactNode;
  /** On the title's right: what can be done with all of the page. */
  actions?: ReactNode;
  children: ReactNode;
}

/** A page that scrolls as a whole: its title, what can be done, and what it is about. */
export function Page({ title, tab, lead, actions, children }: Props) {
  useEffect(() => {
    document.title = tab;
  }, [tab]);
  return (
    <div className={classes.page}>
      <div className={classes.head}>
        <div className={classes.words}>
          <h1 className={classes.title}>{title}</h1>
          {lead !== undefined && <div className={classes.lead}>{lead}</div>}
        </div>
        {actions !== undefined && <div className={classes.actions}>{actions}</div>}
      </div>
      {children}
    </div>
  );
}
