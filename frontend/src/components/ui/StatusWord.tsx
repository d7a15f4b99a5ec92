import type { ReactNode } from 'react';
import classes from './StatusWord.module.css';

interface Props {
  tone: 'green' | 'blue' | 'amber' | 'red' | 'grey';
  /** A ring instead of a dot: what was known last, and may not be so any more. */
  hollow?: boolean;
  children: ReactNode;
}

/** A dot and a word. */
export function StatusWord({ tone, hollow = false, children }: Props) {
  return (
    <span className={classes.word} data-tone={tone} data-hollow={hollow || undefined}>
      <span className={classes.dot} aria-hidden />
      {children}
    </span>
  );
}
