import { notifications } from '@mantine/notifications';
import { useCallback } from 'react';
import type { VmRow } from '@/api/vm';
import { runVmAction, type VmAction } from '@/api/vmActions';
import { pendingActions, type Pending } from './pendingActions';

/** How long an action that succeeded may stay unseen, as when a running VM was started, before its spinner ends. */
const UNSEEN_MS = 3_000;

const failures: Record<VmAction, string> = {
  start: 'could not be started',
  shutdown: 'could not be shut down',
  stop: 'could not be stopped',
  remove: 'could not be removed',
};

const successes: Record<VmAction, string> = {
  start: 'Started',
  shutdown: 'The guest is shutting down:',
  stop: 'Stopped',
  remove: 'Removing',
};

/** Asks the server to do something with a VM; the row shows that it was asked, a toast how it ended. */
export function useVmAction(): (action: VmAction, row: VmRow) => Promise<void> {
  return useCallback(async (action, row) => {
    const pending: Pending = { action, revision: row.revision };
    pendingActions.add(row.id, pending);
    try {
      await runVmAction(action, row.id);
      setTimeout(() => pendingActions.withdraw(row.id, pending), UNSEEN_MS);
      notifications.show({ message: `${successes[action]} ${row.name}`, autoClose: 4_000 });
    } catch (error) {
      pendingActions.withdraw(row.id, pending);
      notifications.show({
        title: `${row.name} ${failures[action]}`,
        message: error instanceof Error ? error.message : String(error),
        color: 'red',
        // The server's words are there to be read, and copied, for as long as that takes.
        autoClose: false,
      });
    }
  }, []);
}
