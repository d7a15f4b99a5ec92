import type { ReactNode } from 'react';
import { CopyButton } from './CopyButton';
import classes from './Facts.module.css';

export interface Fact {
  term: string;
  /** Left out where there is nothing to say: a dash is shown, read as "none". */
  value?: ReactNode;
  /** In the typeface of ids and paths. */
  mono?: boolean;
  /** Puts a button beside the value that copies this. */
  copy?: string;
}

/** Names and values, in a frame, as many beside each other as there is room for. */
export function Facts({ facts }: { facts: readonly Fact[] }) {
  return (
    <dl className={classes.facts}>
      {facts.map(({ term, value, mono, copy }) => (
        <div key={term} className={classes.fact}>
          <dt>{term}</dt>
          <dd data-mono={mono === true || undefined} data-copyable={Boolean(copy) || undefined}>
            {isNothing(value) ? <Nothing /> : value}
            {copy ? <CopyButton text={copy} label={`Copy ${term.toLowerCase()}`} /> : null}
          </dd>
        </div>
      ))}
    </dl>
  );
}

const isNothing = (value: ReactNode): boolean => value === undefined || value === null || value === '';

function Nothing() {
  return (
    <>
      <span aria-hidden>–</span>
      <span className="visually-hidden">none</span>
    </>
  );
}
