import type { ReactNode } from 'react';
import classes from './Banner.module.css';

interface Props {
  tone: 'notice' | 'alarm';
  icon: ReactNode;
  children: ReactNode;
  /** Its name in the list of landmarks. */
  label: string;
  /** Read out when it appears, for what happens while somebody works. */
  announce?: boolean;
  action?: ReactNode;
}

/** A strip across the page that stays for as long as its cause does. */
export function Banner({ tone, icon, children, label, announce = false, action }: Props) {
  return (
    <section className={classes.banner} data-tone={tone} aria-label={label}>
      <span className={classes.icon}>{icon}</span>
      <div className={classes.text} role={announce ? 'status' : undefined}>
        {children}
      </div>
      {action}
    </section>
  );
}
