import type { VmStatus } from '@/api/vm';
import type { VmAction } from '@/api/vmActions';

const allowed: Record<VmStatus, readonly VmAction[]> = {
  running: ['shutdown', 'stop', 'remove'],
  // An exited VM should run: it may be started again now, or stopped so that it isn't.
  exited: ['start', 'stop', 'remove'],
  stopping: ['stop', 'remove'],
  stopped: ['start', 'remove'],
  removing: [],
};

/** What makes sense to ask of a VM in this state; the server has the last word. */
export const isAllowed = (action: VmAction, status: VmStatus): boolean => allowed[status].includes(action);
