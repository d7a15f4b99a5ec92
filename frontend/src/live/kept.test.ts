import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Kept } from './kept';

const log: string[] = [];
const make = (key: string) => ({
  start: () => log.push(`start ${key}`),
  stop: () => log.push(`stop ${key}`),
});
let kept: Kept<ReturnType<typeof make>>;

beforeEach(() => {
  vi.useFakeTimers();
  log.length = 0;
  kept = new Kept(make, 1_000, 2);
});
afterEach(() => vi.useRealTimers());

describe('what is kept for whoever comes back', () => {
  it('is made and started once, however many use it', () => {
    expect(kept.take('a')).toBe(kept.take('a'));
    kept.giveBack('a');
    vi.advanceTimersByTime(10_000);
    expect(log).toEqual(['start a']);
  });

  it('is the same for who comes back in time, and a new one after that', () => {
    const first = kept.take('a');
    kept.giveBack('a');
    vi.advanceTimersByTime(999);
    expect(kept.take('a')).toBe(first);
    kept.giveBack('a');
    vi.advanceTimersByTime(1_000);
    expect(log).toEqual(['start a', 'stop a']);
    expect(kept.take('a')).not.toBe(first);
  });

  it('is only a few: the longest unused goes first', () => {
    for (const key of ['a', 'b', 'c', 'd']) kept.take(key);
    for (const key of ['b', 'a', 'c']) kept.giveBack(key);
    expect(log.filter((line) => line.startsWith('stop'))).toEqual(['stop b']);
    vi.advanceTimersByTime(1_000);
    expect(log.filter((line) => line.startsWith('stop'))).toEqual(['stop b', 'stop a', 'stop c']);
  });
});
