import { Button } from '@mantine/core';
import { ApiError } from '@/api/client';
import classes from './Empty.module.css';

const NOT_CONFIGURED = 409;

/** Why the registry has nothing to show, in the server's own words, and what to do about it. */
export function NoRegistry({ error, onRetry }: { error: Error | null; onRetry: () => void }) {
  if (error === null) {
    return (
      <div className={classes.empty} role="status">
        <h3>The registry offers no image yet</h3>
        <p>Push one to it, then refresh.</p>
      </div>
    );
  }
  if (error instanceof ApiError && error.status === NOT_CONFIGURED) {
    return (
      <div className={classes.empty} role="status">
        <h3>There is no registry to pull from</h3>
        <p>The server says: {error.message}.</p>
        <p>
          The setting is <code>registry</code> below <code>[image]</code>, such as{' '}
          <code>registry = &quot;registry.example/guest-image&quot;</code>; restart the server after changing
          it. VMs go on meanwhile.
        </p>
      </div>
    );
  }
  return (
    <div className={classes.empty} data-tone="alarm" role="status">
      <h3>The registry’s images can’t be listed</h3>
      <p>{error.message}</p>
      <Button size="compact-sm" variant="default" onClick={onRetry}>
        Try again
      </Button>
    </div>
  );
}
