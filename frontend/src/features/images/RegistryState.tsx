import { Button } from '@mantine/core';
import classes from './Empty.module.css';

/** The settings name no registry: which one does. */
export function NoRegistry() {
  return (
    <div className={classes.empty}>
      <h3>No registry is configured</h3>
      <p>
        Set <code>registry</code> in <code>[image]</code> of the server’s settings file, such as{' '}
        <code>registry = &quot;registry.example/guest-image&quot;</code>, and restart the server. VMs run on
        meanwhile.
      </p>
    </div>
  );
}

/** Why the registry has nothing to show, in the server's own words. */
export function RegistryFailure({ error, onRetry }: { error: Error; onRetry: () => void }) {
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

export function EmptyRegistry() {
  return (
    <div className={classes.empty} role="status">
      <h3>The registry offers no image yet</h3>
      <p>Push one to it, then refresh.</p>
    </div>
  );
}
