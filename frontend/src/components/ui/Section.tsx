import { useId, type ReactNode } from 'react';
import classes from './Section.module.css';

interface Props {
  title: ReactNode;
  /** A quiet sentence beside the title. */
  hint?: ReactNode;
  actions?: ReactNode;
  children: ReactNode;
}

/** A titled part of a page. What is in it brings its own frame. */
export function Section({ title, hint, actions, children }: Props) {
  const id = useId();
  return (
    <section className={classes.section} aria-labelledby={id}>
      <div className={classes.bar}>
        <h2 id={id}>{title}</h2>
        {hint !== undefined && <span className={classes.hint}>{hint}</span>}
        {actions !== undefined && <div className={classes.actions}>{actions}</div>}
      </div>
      {children}
    </section>
  );
}
