import { expect, it } from 'vitest';
import { expiryOf } from './expiry';

it('counts days from now, or takes a day to its end', () => {
  expect(expiryOf('never', '', 5)).toBeNull();
  expect(expiryOf('30', '', 5)).toBe(5 + 30 * 86_400_000);
  expect(expiryOf('date', '', 5)).toBeUndefined();
  expect(expiryOf('date', '2030-01-31', 5)).toBe(new Date(2030, 0, 31, 23, 59, 59).getTime());
});
