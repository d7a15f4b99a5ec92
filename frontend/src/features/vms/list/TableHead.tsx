import type { Header } from '@tanstack/react-table';
import { ArrowDown, ArrowUp } from 'lucide-react';
import type { VmRow } from '@/api/vm';
import classes from './VmTable.module.css';

const directions = { asc: 'ascending', desc: 'descending' } as const;

/** The names of the columns; each sorts. */
export function TableHead({ headers }: { headers: Header<VmRow, unknown>[] }) {
  return (
    <div className={classes.head} role="rowgroup">
      <div className={classes.headRow} role="row" aria-rowindex={1}>
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
