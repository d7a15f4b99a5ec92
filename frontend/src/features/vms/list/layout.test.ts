import { expect, it } from 'vitest';
import { gridWithout, isChoice, withoutRoom } from './layout';

it('leaves out a column with its track', () => {
  const all = gridWithout([]) as Record<string, string>;
  const some = gridWithout(['app', 'node', 'disk']) as Record<string, string>;
  expect(all['--vm-areas']).toBe("'select name status image app node vcpu memory disk ports uptime actions'");
  expect(some['--vm-areas']).toBe("'select name status image vcpu memory ports uptime actions'");
  expect(some['--vm-tracks']).not.toContain('108px');
});

it('gives up what matters least first', () => {
  expect(withoutRoom(1920)).toEqual([]);
  expect(withoutRoom(1280)).toEqual(['app']);
  expect(withoutRoom(1000)).toEqual(['app', 'disk', 'image']);
});

it('believes no choice that hides what must be there', () => {
  expect(isChoice(['app', 'uptime'])).toBe(true);
  expect(isChoice(['name'])).toBe(false);
  expect(isChoice('app')).toBe(false);
});
