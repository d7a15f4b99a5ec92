import type { ReactNode } from 'react';
import classes from './Empty.module.css';

interface Props {
  title: string;
  /** What it means, and the next thing to do. */
  children: ReactNode;
  action?: ReactNode;
  /** As the page around it has it: below a section's title (the usual), or below the page's own. */
  heading?: 'h2' | 'h3';
}

/** Stands where rows would: says why there are none, and names the next action. */
export function Empty({ title, children, action, heading: Heading = 'h3' }: Props) {
  return (
    <div className={classes.empty}>
      <Heading>{title}</Heading>
      <p>{children}</p>
      {action}
    </div>
  );
}
