import { expect, it } from 'vitest';
import { nodeRow } from '@/test/nodeRow';
import { offersFor } from './offers';

const actions = (given: Parameters<typeof nodeRow>[0]): string[] =>
  offersFor(nodeRow(given)).map(({ action, obstacle }) => (obstacle ? `${action}: ${obstacle}` : action));

it('offers to cordon or to uncordon, and to drain only what is there', () => {
  expect(actions({})).toEqual(['cordon', 'drain', 'remove: its server is up']);
  expect(actions({ cordoned: true })).toEqual(['uncordon', 'drain', 'remove: its server is up']);
  expect(actions({ state: 'lost', vms: 2 })).toEqual(['cordon', 'remove: 2 VMs are on it']);
});

it('removes only what is gone and empty', () => {
  expect(actions({ state: 'ended', cordoned: true })).toEqual(['uncordon', 'remove']);
  expect(actions({ state: 'lost', vms: 1 })).toContain('remove: 1 VM is on it');
});
