import { useMemo } from 'react';
import type { VmRow, VmStatus } from '@/api/vm';
import { ColumnMenu } from './ColumnMenu';
import { FilterField } from './FilterField';
import type { OptionalColumn } from './layout';
import { statusOf, withStatus } from './statusFilter';
import classes from './ListToolbar.module.css';

interface Props {
  rows: readonly VmRow[];
  /** False until the server has said what there is. */
  known: boolean;
  shown: number;
  text: string;
  onText: (text: string) => void;
  /** Columns chosen not to be shown, and those that there is no room for. */
  hidden: readonly OptionalColumn[];
  noRoom: readonly OptionalColumn[];
  onHidden: (hidden: OptionalColumn[]) => void;
}

const counted: { status: VmStatus; label: string }[] = [
  { status: 'running', label: 'Running' },
  { status: 'exited', label: 'Exited' },
  { status: 'stopped', label: 'Stopped' },
];

/** The heading, how many VMs are in which state (each a filter), and the filter itself. */
export function ListToolbar(props: Props) {
  const { rows, known, shown, text, onText } = props;
  const counts = useMemo(() => countByStatus(rows), [rows]);
  const chosen = statusOf(text);

  const choose = (status: VmStatus | null) => onText(withStatus(text, status));

  // An empty host has its own heading for the eye, and nothing to filter.
  if (known && rows.length === 0) return <h1 className="visually-hidden">Virtual machines</h1>;

  return (
    <div className={classes.toolbar}>
      <h1 className={classes.title}>Virtual machines</h1>
      {known && (
        <div className={classes.counts} role="group" aria-label="Filter by status">
          <button
            type="button"
            className={classes.count}
            aria-pressed={chosen === null}
            onClick={() => choose(null)}
          >
            All <b>{rows.length}</b>
          </button>
          {counted.map(({ status, label }) => (
            <button
              key={status}
              type="button"
              className={classes.count}
              data-status={status}
              data-none={!counts.get(status) || undefined}
              aria-pressed={chosen === status}
              onClick={() => choose(chosen === status ? null : status)}
            >
              {label} <b>{counts.get(status) ?? 0}</b>
            </button>
          ))}
        </div>
      )}
      {known && (
        <div className={classes.find}>
          <span className={classes.found} role="status">
            {text.trim() !== '' && `${shown} of ${rows.length}`}
          </span>
          <FilterField text={text} onText={onText} />
          <ColumnMenu hidden={props.hidden} noRoom={props.noRoom} onHidden={props.onHidden} />
        </div>
      )}
    </div>
  );
}

function countByStatus(rows: readonly VmRow[]): Map<VmStatus, number> {
  const counts = new Map<VmStatus, number>();
  for (const row of rows) counts.set(row.status, (counts.get(row.status) ?? 0) + 1);
  return counts;
}
