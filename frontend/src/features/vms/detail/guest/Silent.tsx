import type { UseQueryResult } from '@tanstack/react-query';
import type { VmRow } from '@/api/vm';
import { TimeAgo } from '@/components/ui/TimeAgo';
import { isBooted } from '../../displayStatus';
import classes from './Silent.module.css';

interface Props {
  row: VmRow;
  query: UseQueryResult;
}

/** Beside what a guest said last: that it doesn't answer now, in the host's words, and what that may mean. */
export function Silent({ row, query }: Props) {
  const { error, dataUpdatedAt, isPending } = query;
  if (!error) return isPending ? <p className={classes.waiting}>Asking the guest…</p> : null;
  return (
    <div className={classes.silent} role="status">
      <p>
        <strong>
          {isBooted(row) ? 'The guest can’t tell this now.' : 'It boots: its system is not up yet.'}
        </strong>{' '}
        It is asked again every few seconds.
        {dataUpdatedAt > 0 && (
          <>
            {' '}
            Below is what it said <TimeAgo at={dataUpdatedAt} />.
          </>
        )}
      </p>
      <p className={classes.words}>{error.message}</p>
    </div>
  );
}
