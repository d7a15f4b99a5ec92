import { expect, it } from 'vitest';
import { usersText } from './usersText';

it.each([
  [1, ['web'], 'web'],
  [3, ['a', 'b', 'c'], 'a, b, c'],
  [10, ['a', 'b', 'c'], 'a, b, c and 7\u00a0more'],
  [1, [], '1 VM'],
  [2, [], '2 VMs'],
])('%d users, %j: %s', (count, names, text) => {
  expect(usersText(count, names)).toBe(text);
});
