import { describe, expect, it } from 'vitest';
import { extended, latest, noSeries } from './series';

const columns = ['at', 'cpu', 'memory'];

describe('extended', () => {
  it('appends what is newer, and nothing twice', () => {
    const first = extended(noSeries, columns, [
      [1000, 0.1, 1],
      [2000, 0.2, 2],
    ]);
    const again = extended(first, columns, [
      [1000, 0.1, 1],
      [2000, 0.2, 2],
      [3000, null, 3],
    ]);
    expect(again.points.map(([when]) => when)).toEqual([1000, 2000, 3000]);
    expect(again).not.toBe(first);
  });

  it('keeps an hour', () => {
    const old = extended(noSeries, columns, [
      [0, 1, 1],
      [10_000, 1, 1],
    ]);
    const now = extended(old, columns, [[3_605_000, 2, 2]]);
    expect(now.points.map(([when]) => when)).toEqual([10_000, 3_605_000]);
  });
});

it('latest is the newest value, or null where nothing is known', () => {
  const series = extended(noSeries, columns, [[1000, 0.1, null]]);
  expect(latest(series, 'cpu')).toBe(0.1);
  expect(latest(series, 'memory')).toBeNull();
  expect(latest(series, 'sent')).toBeNull();
  expect(latest(noSeries, 'cpu')).toBeNull();
});
