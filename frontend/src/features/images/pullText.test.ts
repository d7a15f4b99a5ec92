import { describe, expect, it } from 'vitest';
import { pullRow } from '@/test/imageRow';
import { percentOf, pullText } from './pullText';

const MB = 1 << 20;

describe('percentOf', () => {
  it.each([
    [0, 0, null],
    [0, 10, 0],
    [999, 1000, 99],
    [1000, 1000, 100],
    [1001, 1000, 100],
  ])('%d of %d is %s', (bytes_done, bytes_total, percent) => {
    expect(percentOf(pullRow({ bytes_done, bytes_total }))).toBe(percent);
  });
});

describe('pullText', () => {
  const half = pullRow({ bytes_done: 50 * MB, bytes_total: 100 * MB });

  it('says per cent and bytes, then speed and time left as soon as they are known', () => {
    expect(pullText(half, null)).toBe('50 % · 50 MB of 100 MB');
    expect(pullText(half, 2 * MB)).toBe('50 % · 50 MB of 100 MB · 2 MB/s · 25s left');
  });

  it('says that nothing comes, and then not how long it takes', () => {
    expect(pullText(half, 0)).toBe('50 % · 50 MB of 100 MB · no data coming in');
  });

  it.each([
    ['queued', 'Waiting for its turn'],
    ['unpacking', 'Unpacking and checking 100 MB'],
    ['cancelling', 'Cancelling…'],
  ] as const)('has words for %s', (state, words) => {
    expect(pullText({ ...half, state }, 5)).toBe(words);
  });

  it('says nothing of bytes before the registry has', () => {
    expect(pullText(pullRow({ bytes_done: 0, bytes_total: 0 }), null)).toBe('Asking the registry');
  });
});
