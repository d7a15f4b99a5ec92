import { Empty } from '@/components/ui/Empty';
import { Failure } from '@/components/ui/Failure';
import classes from './ImagesPage.module.css';

/** The settings name no registry: which one does. */
export function NoRegistry() {
  return (
    <div className={classes.inset}>
      <Empty title="No registry is configured">
        Set <code>registry</code> in <code>[image]</code> of the server’s settings file, such as{' '}
        <code>registry = &quot;registry.example/guest-image&quot;</code>, and restart the server. VMs run on
        meanwhile.
      </Empty>
    </div>
  );
}

/** Why the registry has nothing to show, in the server's own words. */
export function RegistryFailure({ error, onRetry }: { error: Error; onRetry: () => void }) {
  return (
    <div className={classes.inset}>
      <Failure title="The registry’s images can’t be listed" error={error} onRetry={onRetry} />
    </div>
  );
}

export function EmptyRegistry() {
  return (
    <div className={classes.inset} role="status">
      <Empty title="The registry offers no image yet">Push one to it, then refresh.</Empty>
    </div>
  );
}
