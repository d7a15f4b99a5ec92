import { expect, it } from 'vitest';
import { parseSearch, stringifySearch } from './searchParams';

it('keeps a filter readable in the address, and reads it back', () => {
  const search = stringifySearch({ q: 'status:running image:"a b" 50%&x' });
  expect(search).toMatch(/^\?q=status:running\+image:/);
  expect(parseSearch(search)).toEqual({ q: 'status:running image:"a b" 50%&x' });
});

it('leaves numbers and JSON alone, and empty values out', () => {
  expect(parseSearch('?q=123')).toEqual({ q: '123' });
  expect(stringifySearch({ q: '123' })).toBe('?q=123');
  expect(stringifySearch({ q: '' })).toBe('');
});
