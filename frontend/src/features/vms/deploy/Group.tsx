import { useId, type ReactNode } from 'react';
import classes from './Group.module.css';

interface Props {
  title: string;
  /** What it is for, in a sentence or two. */
  text?: ReactNode;
  actions?: ReactNode;
  children: ReactNode;
}

/** A titled part of a step. */
export function Group({ title, text, actions, children }: Props) {
  const id = useId();
  return (
    <section className={classes.group} aria-labelledby={id}>
      <div className={classes.head}>
        <h2 id={id}>{title}</h2>
        {actions}
      </div>
      {text !== undefined && <p className={classes.text}>{text}</p>}
      {children}
    </section>
  );
}

/** What few need: folded away until somebody looks for it, or something in it is wrong. */
export function Advanced({ title, open, children }: { title: string; open?: boolean; children: ReactNode }) {
  return (
    <details className={classes.advanced} open={open}>
      <summary>{title}</summary>
      <div className={classes.folded}>{children}</div>
    </details>
  );
}

/** Fields beside each other, as many as there is room for. */
export function FieldRow({ children }: { children: ReactNode }) {
  return <div className={classes.row}>{children}</div>;
}
