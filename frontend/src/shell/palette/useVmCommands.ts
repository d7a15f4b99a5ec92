import { useRouter } from '@tanstack/react-router';
import {
  Copy,
  FileClock,
  GitFork,
  MonitorDot,
  PencilLine,
  Play,
  Power,
  ScrollText,
  Square,
  SquareTerminal,
  type LucideIcon,
} from 'lucide-react';
import { useMay } from '@/api/account';
import type { VmRow } from '@/api/vm';
import { displayStatus } from '@/features/vms/displayStatus';
import { useVmAction } from '@/features/vms/useVmAction';
import { copyText } from '@/lib/clipboard';
import type { Command } from './commands';
import { verbLabels, verbsFor, type VmVerb } from './vmVerbs';

const icons: Record<VmVerb, LucideIcon> = {
  open: MonitorDot,
  events: FileClock,
  logs: ScrollText,
  console: SquareTerminal,
  start: Play,
  shutdown: Power,
  stop: Square,
  update: PencilLine,
  fork: GitFork,
  copy: Copy,
};

interface Handlers {
  /** A command was done, and the palette can go. */
  onDone: () => void;
  /** Asks whether the VM is really to be powered off. */
  onStop: (row: VmRow) => void;
  /** Shows all that can be done with a VM. */
  onMore: (row: VmRow) => void;
}

/** What the palette offers for VMs: to go to one, and to do something with it. */
export function useVmCommands({ onDone, onStop, onMore }: Handlers) {
  const router = useRouter();
  const may = useMay();
  const act = useVmAction();

  const run: Record<VmVerb, (row: VmRow) => void> = {
    open: ({ id }) => void router.navigate({ to: '/vms/$id/overview', params: { id } }),
    events: ({ id }) => void router.navigate({ to: '/vms/$id/events', params: { id } }),
    logs: ({ id }) => void router.navigate({ to: '/vms/$id/logs', params: { id } }),
    console: ({ id }) => void router.navigate({ to: `/vms/${id}/console` as '/' }),
    update: ({ id }) => void router.navigate({ to: `/vms/${id}/update` as '/' }),
    fork: ({ id }) => void router.navigate({ to: '/deploy', search: { from: id } as never }),
    start: (row) => void act('start', row),
    shutdown: (row) => void act('shutdown', row),
    stop: (row) => void act('stop', row),
    copy: ({ id }) => void copyText(id),
  };

  /** The line for one verb of a VM; null where that can't be asked of it now. */
  const verbCommand = (verb: VmVerb, row: VmRow, label: string): Command | null => {
    if (!verbsFor(row, may).includes(verb)) return null;
    return {
      id: `${verb}-${row.id}`,
      label,
      detail: verb === 'copy' ? row.id : undefined,
      Icon: icons[verb],
      danger: verb === 'stop',
      run: () => {
        if (verb === 'stop') {
          onStop(row);
        } else {
          run[verb](row);
          onDone();
        }
      },
    };
  };

  return {
    /** Goes to a VM. */
    open: (row: VmRow): Command => ({
      id: `vm-${row.id}`,
      label: row.name,
      detail: displayStatus(row).word,
      Icon: MonitorDot,
      run: () => {
        run.open(row);
        onDone();
      },
      more: () => onMore(row),
    }),
    /** All that can be done with one. */
    all: (row: VmRow): Command[] =>
      verbsFor(row, may).flatMap((verb) => verbCommand(verb, row, verbLabels[verb]) ?? []),
    /** One verb for some. */
    each: (verb: VmVerb, rows: readonly VmRow[]): Command[] =>
      rows.flatMap((row) => verbCommand(verb, row, `${verbLabels[verb]} ${row.name}`) ?? []),
    /** After it was asked whether. */
    stopNow: (row: VmRow): Command => ({
      id: 'stop-now',
      label: `Stop ${row.name} now`,
      detail: 'like pulling the plug',
      Icon: Square,
      danger: true,
      run: () => {
        run.stop(row);
        onDone();
      },
    }),
  };
}
