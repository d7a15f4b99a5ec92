import { expect, it } from 'vitest';
import { rateOf, withSample, type Sample } from './pullRate';

const after = (...samples: Sample[]) => samples.reduce<readonly Sample[]>(withSample, []);

it('is not known before a second has gone by', () => {
  expect(rateOf([])).toBeNull();
  expect(rateOf(after({ at: 0, bytes: 0 }))).toBeNull();
  expect(rateOf(after({ at: 0, bytes: 0 }, { at: 999, bytes: 500 }))).toBeNull();
});

it('is of the last seconds only', () => {
  const samples = after(
    { at: 0, bytes: 0 },
    { at: 1000, bytes: 9_000 },
    { at: 7_000, bytes: 10_200 },
    { at: 7_001, bytes: 10_200 },
  );
  expect(samples.map(({ at }) => at)).toEqual([7_000, 7_001]);
  expect(rateOf(after({ at: 0, bytes: 0 }, { at: 1000, bytes: 9_000 }, { at: 7_000, bytes: 10_200 }))).toBe(
    200,
  );
});

it('goes down to nothing when nothing comes', () => {
  const samples = [0, 1, 2, 3, 4, 5, 6, 7, 8].map((second) => ({
    at: second * 1000,
    bytes: second ? 500 : 0,
  }));
  expect(rateOf(after(...samples))).toBe(0);
});

it('begins anew with a pull that does', () => {
  const samples = after({ at: 0, bytes: 5_000 }, { at: 1000, bytes: 9_000 }, { at: 2000, bytes: 10 });
  expect(samples).toEqual([{ at: 2000, bytes: 10 }]);
});

it('keeps one sample of a moment, and gives the same ones back where there is nothing new', () => {
  const samples = after({ at: 0, bytes: 1 }, { at: 0, bytes: 2 });
  expect(samples).toEqual([{ at: 0, bytes: 2 }]);
  expect(withSample(samples, { at: 0, bytes: 2 })).toBe(samples);
});
