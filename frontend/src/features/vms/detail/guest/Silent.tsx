import type { UseQueryResult } from '@tanstack/react-query';
import { TimeAgo } from '@/components/ui/TimeAgo';
import classes from './Silent.module.css';

interface Props {
  query: UseQueryResult;
}

/** Beside what a guest said last: that it doesn't answer now, in the host's words, and what that may mean. */
export function Silent({ query }: Props) {
  const { error, dataUpdatedAt, isPending } = query;
  if (!error) return isPending ? <p className={classes.waiting}>Asking the guest…</p> : null;
  return (
    <div className={classes.silent}>
      <p>
        <strong role="status">The guest can’t tell this now.</strong> It is asked again every few seconds.
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
