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
    const first = kept.of('a');
    const letGo = [kept.hold('a'), kept.hold('a')];
    letGo[0]?.();
    vi.advanceTimersByTime(10_000);
    expect(kept.of('a')).toBe(first);
    expect(log).toEqual(['start a']);
  });

  it('is the same for who comes back in time, and a new one after that', () => {
    const first = kept.of('a');
    kept.hold('a')();
    vi.advanceTimersByTime(999);
    expect(kept.of('a')).toBe(first);
    kept.hold('a')();
    vi.advanceTimersByTime(1_000);
    expect(log).toEqual(['start a', 'stop a']);
    expect(kept.of('a')).not.toBe(first);
  });

  it('is stopped when nobody ever used it', () => {
    kept.of('a');
    vi.advanceTimersByTime(1_000);
    expect(log).toEqual(['start a', 'stop a']);
  });

  it('is only a few: the longest unused goes first', () => {
    const [a, b, c] = ['a', 'b', 'c', 'd'].map((key) => kept.hold(key));
    b?.();
    a?.();
    c?.();
    expect(log.filter((line) => line.startsWith('stop'))).toEqual(['stop b']);
    vi.advanceTimersByTime(1_000);
    expect(log.filter((line) => line.startsWith('stop'))).toEqual(['stop b', 'stop a', 'stop c']);
  });
});
