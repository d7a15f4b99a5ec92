import { expect, it } from 'vitest';
import { extendedTo, nothing, toggled } from './selection';

const ids = ['a', 'b', 'c', 'd'];

it('takes one in and out', () => {
  const one = toggled(nothing, 'b');
  expect([...one]).toEqual(['b']);
  expect(toggled(one, 'b').size).toBe(0);
});

it('takes a range in, in both directions, and keeps what was there', () => {
  expect([...extendedTo(nothing, ids, 'a', 'c')]).toEqual(['a', 'b', 'c']);
  expect([...extendedTo(new Set(['a']), ids, 'd', 'c')]).toEqual(['a', 'c', 'd']);
  expect([...extendedTo(nothing, ids, 'gone', 'b')]).toEqual(['b']);
  expect([...extendedTo(nothing, ids, null, 'b')]).toEqual(['b']);
});
