import type { VmRow } from '@/api/vm';

/** The colour of a status; each always stands beside its word. */
export type Tone = 'green' | 'blue' | 'amber' | 'red' | 'grey';

export interface DisplayStatus {
  /** The word people read, which the filter understands too. */
  word:
    | 'Running'
    | 'Booting'
    | 'Boot failed'
    | 'Stopping'
    | 'Exited'
    | 'Failed'
    | 'Stopped'
    | 'Removing'
    | 'Unknown';
  tone: Tone;
  /** Where in a list sorted by status: what needs a person comes first. */
  rank: number;
}

const statuses = {
  failed: { word: 'Failed', tone: 'red', rank: 0 },
  bootFailed: { word: 'Boot failed', tone: 'red', rank: 1 },
  unknown: { word: 'Unknown', tone: 'grey', rank: 2 },
  exited: { word: 'Exited', tone: 'amber', rank: 3 },
  removing: { word: 'Removing', tone: 'grey', rank: 4 },
  stopping: { word: 'Stopping', tone: 'blue', rank: 5 },
  booting: { word: 'Booting', tone: 'blue', rank: 6 },
  running: { word: 'Running', tone: 'green', rank: 7 },
  stopped: { word: 'Stopped', tone: 'grey', rank: 8 },
} as const satisfies Record<string, DisplayStatus>;

/** Guests that report nothing say `N/A`: there is no boot to wait for. */
export const isBooted = (row: VmRow): boolean => row.boot_progress === 'done' || row.boot_progress === 'N/A';

export function displayStatus(row: VmRow): DisplayStatus {
  // A process lives and can't be asked: whatever was last known of it may not be so.
  if (row.actual === 'unknown' && row.status !== 'removing') return statuses.unknown;
  switch (row.status) {
    case 'running':
      if (isBooted(row)) return statuses.running;
      return row.boot_error ? statuses.bootFailed : statuses.booting;
    case 'exited':
      return row.boot_error || (row.exit_code ?? 0) !== 0 ? statuses.failed : statuses.exited;
    case 'stopping':
      return statuses.stopping;
    case 'stopped':
      return statuses.stopped;
    case 'removing':
      return statuses.removing;
  }
}

/** What there is to add to the status word. A problem is worth its whole text, progress only a glance. */
export interface StatusDetail {
  kind: 'progress' | 'problem';
  text: string;
}

/** The guest's boot step, its progress in shutting down, or what went wrong; null if there is nothing to say. */
export function statusDetail(row: VmRow): StatusDetail | null {
  if (row.status === 'removing') return null;
  if (row.boot_error) return { kind: 'problem', text: row.boot_error };
  if (row.status === 'exited') return { kind: 'problem', text: exitText(row) };
  if (row.status === 'stopping' && row.shutdown_progress)
    return { kind: 'progress', text: row.shutdown_progress };
  if (row.status === 'running' && !isBooted(row) && !['', 'booting'].includes(row.boot_progress)) {
    return { kind: 'progress', text: row.boot_progress };
  }
  return null;
}

/** Whether a person should look at it. */
export const hasProblem = (row: VmRow): boolean =>
  displayStatus(row).rank <= statuses.exited.rank || row.boot_error !== '';

/** How it ended, in the words of who saw it. */
export function exitText(row: VmRow): string {
  const code = row.exit_code === null ? '' : `exit code ${row.exit_code}`;
  return [row.exit_reason, code].filter(Boolean).join(' · ') || 'QEMU is gone';
}
