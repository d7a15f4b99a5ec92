import type { May } from '@/api/account';
import type { VmRow } from '@/api/vm';
import { isAllowed } from '@/features/vms/allowedActions';

/** What can be done with a VM from here. Removing is not: it wants a look at what is removed. */
export type VmVerb =
  'open' | 'events' | 'logs' | 'console' | 'start' | 'shutdown' | 'stop' | 'update' | 'fork' | 'copy';

export const verbLabels: Record<VmVerb, string> = {
  open: 'Open',
  events: 'Events',
  logs: 'Logs',
  console: 'Console',
  start: 'Start',
  shutdown: 'Shut down',
  stop: 'Stop…',
  update: 'Update',
  fork: 'Fork',
  copy: 'Copy id',
};

/** Those that make sense for this VM as it is now, and that the reader may ask for. */
export function verbsFor(row: VmRow, may: May): VmVerb[] {
  const steers = may('STEER_VM', row);
  const runs = (action: 'start' | 'shutdown' | 'stop') => steers && isAllowed(action, row.status);
  const offered: Record<VmVerb, boolean> = {
    open: true,
    start: runs('start'),
    shutdown: runs('shutdown'),
    stop: runs('stop'),
    logs: steers,
    console: steers,
    events: true,
    update: may('CHANGE_VM', row),
    fork: may('CREATE_VM'),
    copy: true,
  };
  return (Object.keys(offered) as VmVerb[]).filter((verb) => offered[verb]);
}

/** `stop web` as a verb and what it is about; null where the first word begins no verb. */
export function readVerb(text: string): { verb: VmVerb; rest: string } | null {
  const [, first, rest] = /^\s*(\S{2,})\s+(.*)$/s.exec(text) ?? [];
  if (first === undefined || rest === undefined) return null;
  const typed = first.toLowerCase();
  const verb = (Object.keys(verbLabels) as VmVerb[]).find((name) => name.startsWith(typed));
  if (!verb) return null;
  // Two words in the interface, one here.
  return { verb, rest: verb === 'shutdown' ? rest.replace(/^down\s+/i, '') : rest };
}
