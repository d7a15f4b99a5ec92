import type { VmEvent } from '../useVmEvents';
import { sourceOf, type Source } from './eventWords';
import classes from './SourceChoice.module.css';

const choices: { source: Source | null; label: string }[] = [
  { source: null, label: 'All' },
  { source: 'host', label: 'Seen by the host' },
  { source: 'guest', label: 'Said by the guest' },
];

interface Props {
  source: Source | null;
  events: readonly VmEvent[];
  onSource: (source: Source | null) => void;
}

/** Whose word to show. */
export function SourceChoice({ source, events, onSource }: Props) {
  const count = (of: Source | null): number =>
    of === null ? events.length : events.filter((event) => sourceOf(event) === of).length;
  return (
    <div className={classes.choices} role="group" aria-label="Whose events">
      {choices.map(({ source: each, label }) => (
        <button
          key={label}
          type="button"
          className={classes.choice}
          aria-pressed={each === source}
          onClick={() => onSource(each)}
        >
          {label} <span className={classes.count}>{count(each)}</span>
        </button>
      ))}
    </div>
  );
}
