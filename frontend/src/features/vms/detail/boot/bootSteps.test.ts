import { describe, expect, it } from 'vitest';
import { vmRow } from '@/test/vmRow';
import type { VmEvent } from '../useVmEvents';
import { lastBoot } from './bootSteps';

let number = 0;
const event = (name: string, body: string, seconds: number): VmEvent => ({
  number: ++number,
  event: name,
  body,
  timestamp: seconds * 1000,
});
const started = (seconds: number) => event('host.started', 'pid 1', seconds);
const says = (body: string, seconds: number) => event('boot.progress', body, seconds);

const shown = (events: VmEvent[], given: Parameters<typeof vmRow>[0] = {}) =>
  lastBoot(events, vmRow(given))?.steps.map(({ words, state }) => `${state} ${words}`);

describe('lastBoot', () => {
  it('is nothing without a start', () => {
    expect(lastBoot([says('done', 1)], vmRow())).toBeNull();
  });

  it('times each step by the next, and the whole boot', () => {
    const boot = lastBoot([started(10), says('starting app', 15), says('done', 15.5)], vmRow());
    expect(boot?.steps.map(({ words, tookMs }) => [words, tookMs])).toEqual([
      ['QEMU started', 5000],
      ['starting app', 500],
      ['done', null],
    ]);
    expect(boot?.tookMs).toBe(5500);
  });

  it('is the last boot only', () => {
    const events = [started(1), says('done', 2), event('host.exited', 'killed', 3), started(4)];
    expect(shown(events, { boot_progress: 'booting' })).toEqual(['now QEMU started', 'ahead done']);
  });

  it('knows what is ahead of a guest of dstack, without what only some apps have', () => {
    const events = [started(1), says('requesting app keys', 2), says('initializing data disk', 3)];
    expect(shown(events, { boot_progress: 'initializing data disk' })).toEqual([
      'done QEMU started',
      'done requesting app keys',
      'now initializing data disk',
      'ahead data disk ready',
      'ahead setting up dstack-gateway',
      'ahead setting up docker',
      'ahead done',
    ]);
  });

  it('tells the ways of booting apart by all that was said, though they share words', () => {
    const events = [started(1), says('mounting host share', 2), says('mounting data disk', 3)];
    expect(shown(events, { boot_progress: 'mounting data disk' })?.at(-2)).toBe(
      'ahead waiting for the network',
    );
  });

  it('shows words that it does not know as they are', () => {
    const events = [started(1), says('<b>pulling</b>', 2)];
    expect(shown(events, { boot_progress: '<b>pulling</b>' })).toEqual([
      'done QEMU started',
      'now <b>pulling</b>',
      'ahead done',
    ]);
  });

  it('puts troubles beside the step in which they came', () => {
    const events = [
      started(1),
      says('starting app', 2),
      event('boot.error', 'no image', 3),
      event('host.stalled', 'stalled: nothing new for 60 s', 63),
    ];
    const step = lastBoot(events, vmRow({ boot_progress: 'starting app' }))?.steps[1];
    expect(step?.troubles.map(({ kind }) => kind)).toEqual(['error', 'stall']);
  });

  it('ends where the VM ended, and expects nothing more', () => {
    const events = [started(1), says('starting app', 2), event('host.exited', 'guest-panic', 3)];
    expect(shown(events, { status: 'exited', boot_progress: 'starting app' })).toEqual([
      'done QEMU started',
      'ended starting app',
    ]);
  });

  it('does not take the end of a booted VM for a trouble of its boot', () => {
    const events = [started(1), says('done', 2), event('host.exited', 'guest-shutdown', 3)];
    expect(lastBoot(events, vmRow({ status: 'stopped' }))?.steps.at(-1)?.troubles).toEqual([]);
  });

  it('expects no report of a guest that reports nothing', () => {
    expect(shown([started(1)], { boot_progress: 'N/A' })).toEqual(['now QEMU started']);
  });

  it('counts a report that is made twice as one step', () => {
    expect(shown([started(1), says('x', 2), says('x', 3), says('done', 4)])).toEqual([
      'done QEMU started',
      'done x',
      'done done',
    ]);
  });
});
