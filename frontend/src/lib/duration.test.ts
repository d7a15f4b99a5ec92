import { expect, it } from 'vitest';
import { formatDuration } from './duration';

const s = 1000;
const m = 60 * s;
const h = 60 * m;
const d = 24 * h;

it.each([
  [0, '0s'],
  [999, '0s'],
  [59 * s, '59s'],
  [m, '1m 00s'],
  [5 * m + 9 * s, '5m 09s'],
  [h - 1, '59m 59s'],
  [2 * h + 3 * m + 59 * s, '2h 03m'],
  [d, '1d 00h'],
  [400 * d + 5 * h, '400d 05h'],
  [-5 * s, '0s'],
])('%d ms is %s', (ms, words) => {
  expect(formatDuration(ms)).toBe(words);
});
