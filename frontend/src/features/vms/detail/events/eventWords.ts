import type { VmEvent } from '../useVmEvents';

export type Source = 'host' | 'guest';

/** Only the host's own events begin so; a guest that says the like is recorded as `guest.host.…`. */
export const sourceOf = ({ event }: VmEvent): Source => (event.startsWith('host.') ? 'host' : 'guest');

/** How loud an event is shown: a milestone begins a new chapter. */
export type Weight = 'plain' | 'milestone' | 'warning' | 'alarm';

interface Words {
  label: string;
  weight: Weight;
}

// A map: a guest may call its event `constructor`.
const known = new Map<string, Words>(
  Object.entries({
    'host.started': { label: 'Started', weight: 'milestone' },
    'host.exited': { label: 'Ended', weight: 'warning' },
    'host.restart': { label: 'What follows', weight: 'plain' },
    'host.launch_failed': { label: 'Could not be started', weight: 'alarm' },
    'host.stalled': { label: 'No progress', weight: 'warning' },
    'host.unreachable': { label: 'Can’t be asked', weight: 'warning' },
    'host.tpm_ended': { label: 'Its TPM ended', weight: 'alarm' },
    'host.shutdown_requested': { label: 'Asked to shut down', weight: 'plain' },
    'host.shutdown_failed': { label: 'Could not be asked to shut down', weight: 'warning' },
    'host.events_lost': { label: 'Events were lost', weight: 'warning' },
    'host.imported': { label: 'Taken over', weight: 'milestone' },
    'host.reloaded': { label: 'Read again', weight: 'plain' },
    'boot.progress': { label: 'Boot', weight: 'plain' },
    'boot.error': { label: 'Boot error', weight: 'alarm' },
    'shutdown.progress': { label: 'Shutting down', weight: 'plain' },
    'instance.info': { label: 'Instance id', weight: 'plain' },
  }),
);

/** An event in a person's words; one that nobody here knows keeps its own name. */
export const wordsOf = ({ event }: VmEvent): Words => known.get(event) ?? { label: event, weight: 'plain' };

/** One event as a line of text, for a bug report. */
export const asText = ({ event, body, timestamp }: VmEvent): string =>
  `${new Date(timestamp).toISOString()}  ${event}  ${body.replaceAll('\n', '\n    ')}`.trimEnd();
