import type { ReactNode } from 'react';
import classes from './Banner.module.css';

interface Props {
  tone: 'notice' | 'alarm';
  icon: ReactNode;
  children: ReactNode;
  /** Read out when it appears, for what happens while somebody works. */
  announce?: boolean;
  action?: ReactNode;
}

/** A strip across the page that stays for as long as its cause does. */
export function Banner({ tone, icon, children, announce = false, action }: Props) {
  return (
    <div className={classes.banner} data-tone={tone} role={announce ? 'status' : 'note'}>
      <span className={classes.icon}>{icon}</span>
      <div className={classes.text}>{children}</div>
      {action}
    </div>
  );
}
