import { useRef, useState } from 'react';
import { call } from '@/api/client';
import type { RequestOf } from '@/api/methods';
import type { VmRow } from '@/api/vm';

/** How a VM that runs is brought to use the changes. */
export type Manner = 'later' | 'shutdown' | 'stop';

export type StepName = 'check' | 'shutdown' | 'stop' | 'update' | 'start';

export interface Progress {
  steps: readonly StepName[];
  /** The one that goes on, or that failed; all before it are done. */
  at: number;
  /** Why it ended early, or empty. */
  failure: string;
  finished: boolean;
}

interface Wanted {
  row: VmRow;
  manner: Manner;
  /** Whether it is to run afterwards. */
  start: boolean;
  /** Throws where somebody else has changed the VM meanwhile; gives the request otherwise. */
  prepare: () => Promise<RequestOf<'UpdateVm'>>;
  /** Called once the changes are written. */
  onUpdated: () => Promise<void>;
}

const LOOK_MS = 250;

/**
 * Stops, updates and starts a VM, one after the other; each step is begun only when the one before is really done.
 *
 * @param current the VM as it is now, or undefined once it is gone
 * @param patienceMs how long a guest may take to shut down
 */
export function useApply(current: () => VmRow | undefined, patienceMs: number) {
  const [progress, setProgress] = useState<Progress | null>(null);
  const busy = useRef(false);

  const apply = async ({ row, manner, start, prepare, onUpdated }: Wanted): Promise<boolean> => {
    if (busy.current) return false;
    busy.current = true;
    const off = manner === 'later' ? [] : [manner];
    const steps: StepName[] = ['check', ...off, 'update', ...(start ? (['start'] as const) : [])];
    let request: RequestOf<'UpdateVm'> | undefined;
    const run: Record<StepName, () => Promise<unknown>> = {
      check: async () => {
        request = await prepare();
      },
      shutdown: async () => {
        await call('ShutdownVm', { id: row.id });
        await untilOff(current, patienceMs);
      },
      stop: () => call('StopVm', { id: row.id }),
      update: async () => {
        if (request) await call('UpdateVm', request);
        await onUpdated();
      },
      start: () => call('StartVm', { id: row.id }),
    };
    let at = 0;
    try {
      for (const step of steps) {
        setProgress({ steps, at, failure: '', finished: false });
        await run[step]();
        at += 1;
      }
      setProgress({ steps, at, failure: '', finished: true });
      return true;
    } catch (error) {
      const failure = error instanceof Error ? error.message : String(error);
      setProgress({ steps, at, failure, finished: true });
      return false;
    } finally {
      busy.current = false;
    }
  };
  return { progress, apply, busy: progress !== null && !progress.finished };
}

async function untilOff(current: () => VmRow | undefined, patienceMs: number): Promise<void> {
  const deadline = Date.now() + patienceMs;
  while (current()?.actual !== 'off') {
    if (Date.now() > deadline) {
      throw new Error(
        `The guest was asked to shut down and still runs after ${Math.round(patienceMs / 1000)} s. Nothing was changed. Wait for it, or choose to stop it at once.`,
      );
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}
