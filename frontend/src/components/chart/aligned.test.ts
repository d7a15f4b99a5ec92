import { describe, expect, it } from 'vitest';
import type { Series } from '@/live/series';
import { aligned, extent, isKnown } from './aligned';
import type { Line } from './panel';

const series: Series = {
  columns: ['at', 'cpu', 'sent'],
  points: [
    [10_000, 0.5, null],
    [20_000, 1.5, null],
    [60_000, null, null],
    [62_000, 1, null],
  ],
};
const line = (column: Line['column']): Line => ({ label: column, column, colour: 'blue' });

describe('aligned', () => {
  it('ends a line where nothing was read for a while', () => {
    expect(aligned(series, [line('cpu')])).toEqual([
      [10, 20, 20.001, 60, 62],
      [0.5, 1.5, null, null, 1],
    ]);
  });

  it('has an empty line for a column that was never told', () => {
    expect(aligned(series, [line('memory')])[1]).toEqual([null, null, null, null, null]);
    expect(aligned({ columns: [], points: [] }, [line('memory')])).toEqual([[], []]);
  });
});

it('isKnown says whether there is anything to draw', () => {
  expect(isKnown(series, 'cpu')).toBe(true);
  expect(isKnown(series, 'sent')).toBe(false);
  expect(isKnown(series, 'memory')).toBe(false);
});

describe('extent', () => {
  const data = aligned(series, [line('cpu'), line('sent')]);
  it('is of what can be seen', () => {
    expect(extent(data, 0, 0, 100_000)).toEqual({ least: 0.5, most: 1.5, last: 1 });
    expect(extent(data, 0, 15_000, 30_000)).toEqual({ least: 1.5, most: 1.5, last: 1.5 });
  });
  it('is nothing where nothing is known', () => {
    expect(extent(data, 1, 0, 100_000)).toBeNull();
    expect(extent(data, 0, 30_000, 50_000)).toBeNull();
  });
});
