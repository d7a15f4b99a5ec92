import { expect, it } from 'vitest';
import { nodeRow } from '@/test/nodeRow';
import { filterOfNode, nodeState } from './node';

it('says first of a node whether it is there at all, then whether it takes VMs', () => {
  const wordOf = (given: Parameters<typeof nodeRow>[0]): string => nodeState(nodeRow(given)).word;
  expect(wordOf({})).toBe('Up');
  expect(wordOf({ cordoned: true })).toBe('Cordoned');
  expect(wordOf({ cordoned: true, draining: 'wait' })).toBe('Draining');
  expect(wordOf({ cordoned: true, draining: 'stop', state: 'lost' })).toBe('Lost');
  expect(wordOf({ state: 'ended' })).toBe('Ended');
});

it('quotes a name that the filter would read as several', () => {
  expect(filterOfNode('rack-7')).toBe('node:rack-7');
  expect(filterOfNode('rack 7')).toBe('node:"rack 7"');
  expect(filterOfNode('a,b')).toBe('node:"a,b"');
});
