import type { VmRow } from '@/api/vm';
import type { VmEvent } from '../useVmEvents';
import { knownWay, LAST } from './knownSteps';

/** `now` is where the boot is; `ended` is where it was when the VM ended; `ahead` is expected to come. */
export type StepState = 'done' | 'now' | 'ended' | 'ahead';

/** Something that went wrong while a step was the current one. */
export interface Trouble {
  kind: 'error' | 'stall' | 'exit';
  text: string;
  at: number;
}

export interface BootStep {
  /** The host's or the guest's own words. */
  words: string;
  /** What it means, where that is known. */
  means: string;
  state: StepState;
  /** When it began, in ms since 1970; null for what is ahead. */
  at: number | null;
  /** How long it took; null where it goes on, is ahead or is the last. */
  tookMs: number | null;
  troubles: readonly Trouble[];
}

export interface Boot {
  steps: readonly BootStep[];
  /** From QEMU's start to the guest's `done`; null as long as it isn't. */
  tookMs: number | null;
}

interface Begun {
  words: string;
  at: number;
  troubles: Trouble[];
}

const STARTED = 'QEMU started';
const troubleKinds = new Map<string, Trouble['kind']>([
  ['boot.error', 'error'],
  ['host.stalled', 'stall'],
  ['host.exited', 'exit'],
  ['host.launch_failed', 'exit'],
]);

/** The last boot of a VM, step by step, from what its events tell; null if none of them tells of a start. */
export function lastBoot(events: readonly VmEvent[], row: VmRow): Boot | null {
  const first = events.findLastIndex(({ event }) => event === 'host.started');
  if (first < 0) return null;
  const begun = begunSteps(events.slice(first));
  const said = begun.slice(1).map(({ words }) => words);
  const way = knownWay(said);
  const meaning = new Map(way?.map(({ says, means }) => [says, means]));
  const isDone = said.at(-1) === LAST;
  const runs = row.status === 'running' || row.status === 'stopping';

  const steps: BootStep[] = begun.map(({ words, at, troubles }, place) => {
    const next = begun[place + 1];
    const isLast = next === undefined;
    return {
      words,
      means: place === 0 ? 'The virtual machine has power; its kernel starts.' : (meaning.get(words) ?? ''),
      state: !isLast || isDone ? 'done' : runs ? 'now' : 'ended',
      at,
      tookMs: next ? next.at - at : null,
      troubles,
    };
  });
  const ahead = runs && !isDone && row.boot_progress !== 'N/A' ? expected(said, way) : [];
  const tookMs = isDone ? (begun.at(-1)?.at ?? 0) - (begun[0]?.at ?? 0) : null;
  return { steps: [...steps, ...ahead], tookMs };
}

/** Each report that says something else than the one before begins a step; troubles belong to the step they came in. */
function begunSteps(events: readonly VmEvent[]): Begun[] {
  const begun: Begun[] = [];
  for (const { event, body, timestamp: at } of events) {
    if (event === 'host.started') begun.push({ words: STARTED, at, troubles: [] });
    if (event === 'boot.progress' && begun.at(-1)?.words !== body)
      begun.push({ words: body, at, troubles: [] });
    const kind = troubleKinds.get(event);
    // How a VM ended after its boot is no trouble of the boot.
    if (kind && !(kind === 'exit' && begun.at(-1)?.words === LAST))
      begun.at(-1)?.troubles.push({ kind, text: body, at });
  }
  return begun;
}

/** The known steps that always come after the last one that was reported. */
function expected(said: readonly string[], way: ReturnType<typeof knownWay>): BootStep[] {
  const last = said.at(-1);
  const place = way?.findIndex(({ says }) => says === last) ?? -1;
  const coming = way?.slice(place + 1).filter(({ optional }) => !optional) ?? [];
  const steps = coming.length > 0 ? coming : [{ says: LAST, means: '' }];
  return steps.map(({ says, means }) => ({
    words: says,
    means,
    state: 'ahead',
    at: null,
    tookMs: null,
    troubles: [],
  }));
}
