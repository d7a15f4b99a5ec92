import { expect, it } from 'vitest';
import { downloadUrl, readPlace, writePlace } from './place';

it.each([
  [{}, { channel: 'serial', boot: null, at: null }],
  [
    { ch: 'stderr', boot: '7', at: '880' },
    { channel: 'stderr', boot: 7, at: 880 },
  ],
  [
    { ch: 'nonsense', boot: '-1', at: 'x' },
    { channel: 'serial', boot: null, at: null },
  ],
  // A position is of a boot: without one it means nothing.
  [{ at: '880' }, { channel: 'serial', boot: null, at: null }],
] as const)('%j means %j', (search, place) => {
  expect(readPlace(search)).toEqual(place);
});

it('writes what it reads', () => {
  for (const search of [{}, { ch: 'stderr' }, { boot: '7', at: '880' }]) {
    expect(writePlace(readPlace(search))).toEqual(search);
  }
});

it('names the file of a boot by how many came after it', () => {
  const boots = [3, 4, 7].map((boot) => ({ boot, began_at: null, size: 1, current: boot === 7 }));
  expect(downloadUrl('vm-1', 'serial', 4, boots)).toContain('id=vm-1&ch=serial&boot=1&');
  expect(downloadUrl('vm-1', 'serial', 7, boots)).toContain('boot=0');
  expect(downloadUrl('vm-1', 'serial', null, [])).toContain('boot=0');
});
