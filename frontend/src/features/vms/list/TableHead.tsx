import type { Header } from '@tanstack/react-table';
import { ArrowDown, ArrowUp } from 'lucide-react';
import type { VmRow } from '@/api/vm';
import classes from './VmTable.module.css';

const directions = { asc: 'ascending', desc: 'descending' } as const;

interface Props {
  headers: Header<VmRow, unknown>[];
  /** Of the rows shown; null where nothing can be selected. */
  selected: 'all' | 'some' | 'none' | null;
  onSelectAll: () => void;
  onClear: () => void;
}

/** The names of the columns; each sorts. */
export function TableHead({ headers, selected, onSelectAll, onClear }: Props) {
  return (
    <div className={classes.head} role="rowgroup">
      <div className={classes.headRow} role="row" aria-rowindex={1}>
        <div className={classes.headCell} data-column="select" role="columnheader">
          {selected !== null && (
            <input
              type="checkbox"
              aria-label="Select all that are shown"
              checked={selected === 'all'}
              ref={(box) => {
                if (box) box.indeterminate = selected === 'some';
              }}
              onChange={selected === 'all' ? onClear : onSelectAll}
            />
          )}
        </div>
        {headers.map(({ id, column }) => {
          const sorted = column.getIsSorted();
          const Arrow = sorted === 'desc' ? ArrowDown : ArrowUp;
          return (
            <div
              key={id}
              className={classes.headCell}
              data-column={id}
              role="columnheader"
              aria-sort={sorted ? directions[sorted] : 'none'}
            >
              <button
                type="button"
                onClick={column.getToggleSortingHandler()}
                data-sorted={sorted || undefined}
              >
                <span>{column.columnDef.header as string}</span>
                <Arrow size={13} aria-hidden />
              </button>
            </div>
          );
        })}
        <div className={classes.headCell} data-column="actions" role="columnheader">
          <span className="visually-hidden">Actions</span>
        </div>
      </div>
    </div>
  );
}
