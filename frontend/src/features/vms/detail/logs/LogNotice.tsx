import { Button } from '@mantine/core';
import type { LogView } from '@/live/logView';
import classes from './LogReader.module.css';

/** Why what is shown may not be all there is, and the way out; nothing while all is well. */
export function LogNotice({ view, onNewest }: { view: LogView; onNewest: () => void }) {
  const { connection, refusal, newerBoot, complaint } = view;
  if (refusal)
    return (
      <p className={classes.notice} role="status">
        The server has closed the log: {refusal.reason || 'no reason was given'}.
      </p>
    );
  if (connection.phase === 'offline' || connection.phase === 'blocked') {
    return (
      <p className={classes.notice} role="status">
        {connection.phase === 'offline'
          ? 'The server is out of reach. What was loaded stays; it goes on where it was when the server is back.'
          : 'The server answers, but something between it and this browser lets no websocket through, which following a log needs. Downloading works.'}
      </p>
    );
  }
  if (newerBoot !== null) {
    return (
      <div className={classes.notice}>
        <span role="status">The VM was started again; this is what an earlier start has written.</span>
        <Button size="compact-sm" variant="default" onClick={onNewest}>
          Show the newest
        </Button>
      </div>
    );
  }
  return complaint === null ? null : (
    <p className={classes.notice} role="status">
      {complaint}
    </p>
  );
}
