import type { ReactNode } from 'react';
import classes from './StatusWord.module.css';

interface Props {
  tone: 'green' | 'blue' | 'red' | 'grey';
  children: ReactNode;
}

/** A dot and a word. */
export function StatusWord({ tone, children }: Props) {
  return (
    <span className={classes.word} data-tone={tone}>
      <span className={classes.dot} aria-hidden />
      {children}
    </span>
  );
}
