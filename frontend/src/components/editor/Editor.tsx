import { lazy, Suspense, type CSSProperties } from 'react';
import type { Language } from './language';
import classes from './Editor.module.css';

const TextEditor = lazy(() => import('./TextEditor').then((m) => ({ default: m.TextEditor })));
const DiffEditor = lazy(() => import('./DiffEditor').then((m) => ({ default: m.DiffEditor })));

interface Props {
  value: string;
  /** Left out, it can only be read. */
  onChange?: (value: string) => void;
  language: Language;
  /** Its name for screen readers. */
  label: string;
  /** Shows what differs from this text, and folds what doesn't. */
  before?: string;
  /** Stands where nothing is written yet. */
  hint?: string;
  /** How high it is when there is little in it; it grows up to 60 % of the window. */
  rows?: number;
}

/** An editor for YAML, JSON and plain text, in a chunk of its own. */
export function Editor({ value, onChange, language, label, before, hint, rows = 12 }: Props) {
  const manner = { value, onChange, language, label, hint, readOnly: onChange === undefined };
  return (
    <div className={classes.frame} style={{ '--rows': rows } as CSSProperties}>
      <Suspense fallback={<Loading label={label} />}>
        {before === undefined ? <TextEditor {...manner} /> : <DiffEditor before={before} {...manner} />}
      </Suspense>
    </div>
  );
}

function Loading({ label }: { label: string }) {
  return (
    <div role="status">
      <span className="visually-hidden">Loading {label}</span>
    </div>
  );
}
