import { expect, it } from 'vitest';
import { shownOf, spanSince } from './range';

const MINUTE = 60_000;

it('spanSince grows with what there is to be seen, and ends with the hour that is kept', () => {
  const now = 10_000_000;
  const minutesAgo = (minutes: number): number => spanSince(now - minutes * MINUTE, now) / MINUTE;
  expect([0, 1, 5, 5.1, 15, 15.1, 60, 61].map(minutesAgo)).toEqual([5, 5, 5, 15, 15, 60, 60, 60]);
});

it('shownOf ends now, or where somebody chose', () => {
  expect(shownOf({ last: 5 }, 100)).toEqual({ from: 95, to: 100 });
  expect(shownOf({ from: 1, to: 2 }, 100)).toEqual({ from: 1, to: 2 });
});
