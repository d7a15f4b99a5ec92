import { expect, it } from 'vitest';
import { naturalKey } from './naturalOrder';

it('sorts names as people count', () => {
  const names = ['web-10', 'Web-2', 'api', 'web-1'];
  expect(names.sort((a, b) => (naturalKey(a) < naturalKey(b) ? -1 : 1))).toEqual([
    'api',
    'web-1',
    'Web-2',
    'web-10',
  ]);
});
