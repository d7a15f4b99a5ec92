import { describe, expect, it } from 'vitest';
import { imageRow, pullRow } from '@/test/imageRow';
import { nodeRow } from '@/test/nodeRow';
import { nodeInfo, vmRow } from '@/test/vmRow';
import { applyMessages, type LiveState } from './apply';

const snapshot = (...vms: ReturnType<typeof vmRow>[]) => ({ type: 'snapshot' as const, node: nodeInfo, vms });
const rows = (...vms: ReturnType<typeof vmRow>[]) => ({ type: 'rows' as const, vms });

function stateOf(...vms: ReturnType<typeof vmRow>[]): LiveState {
  const state = applyMessages(null, [snapshot(...vms)]);
  if (!state) throw new Error('a snapshot makes a state');
  return state;
}

describe('applyMessages', () => {
  it('knows nothing before the first snapshot', () => {
    expect(applyMessages(null, [rows(vmRow()), { type: 'pong' }])).toBeNull();
  });

  it('takes a new row and a newer revision', () => {
    const state = stateOf(vmRow({ id: 'a', revision: 3 }));
    const next = applyMessages(state, [
      rows(vmRow({ id: 'a', revision: 4, status: 'stopped' }), vmRow({ id: 'b' })),
    ]);
    expect([...(next?.vms.values() ?? [])].map((row) => [row.id, row.revision, row.status])).toEqual([
      ['a', 4, 'stopped'],
      ['b', 1, 'running'],
    ]);
  });

  it('ignores a row that was overtaken, and gives the same state back', () => {
    const state = stateOf(vmRow({ id: 'a', revision: 3 }));
    expect(applyMessages(state, [rows(vmRow({ id: 'a', revision: 2, name: 'old' }))])).toBe(state);
    expect(applyMessages(state, [rows(vmRow({ id: 'a', revision: 3, name: 'same' }))])).toBe(state);
  });

  it('keeps the newest of several revisions in one batch, whatever their order', () => {
    const state = stateOf();
    const next = applyMessages(state, [
      rows(vmRow({ id: 'a', revision: 9, name: 'newest' })),
      rows(vmRow({ id: 'a', revision: 8, name: 'older' })),
    ]);
    expect(next?.vms.get('a')?.name).toBe('newest');
  });

  it('keeps the identity of rows that did not change', () => {
    const state = stateOf(vmRow({ id: 'a' }), vmRow({ id: 'b' }));
    const next = applyMessages(state, [rows(vmRow({ id: 'b', revision: 2 }))]);
    expect(next?.vms.get('a')).toBe(state.vms.get('a'));
    expect(next?.node).toBe(state.node);
  });

  it('drops what is gone, and is not troubled by an id it never knew', () => {
    const state = stateOf(vmRow({ id: 'a' }), vmRow({ id: 'b' }));
    expect([...(applyMessages(state, [{ type: 'gone', ids: ['a', 'x'] }])?.vms.keys() ?? [])]).toEqual(['b']);
    expect(applyMessages(state, [{ type: 'gone', ids: ['x'] }])).toBe(state);
  });

  it('lets a snapshot replace everything, even newer revisions', () => {
    const state = stateOf(vmRow({ id: 'a', revision: 50 }), vmRow({ id: 'gone' }));
    const next = applyMessages(state, [snapshot(vmRow({ id: 'a', revision: 2 }))]);
    expect([...(next?.vms.values() ?? [])].map((row) => [row.id, row.revision])).toEqual([['a', 2]]);
  });

  it('never changes the state it was given', () => {
    const state = stateOf(vmRow({ id: 'a' }));
    applyMessages(state, [rows(vmRow({ id: 'b' })), { type: 'gone', ids: ['a'] }]);
    expect([...state.vms.keys()]).toEqual(['a']);
  });

  it('takes the images as they are told, and keeps them over a new snapshot until they are told again', () => {
    const state = stateOf();
    expect(state.images).toBeNull();
    const images = [imageRow()];
    const told = applyMessages(state, [{ type: 'images', images }]);
    expect(told?.images).toBe(images);
    expect(told?.vms).toBe(state.vms);
    expect(applyMessages(told, [snapshot()])?.images).toBe(images);
  });

  it('knows of no pull after a snapshot until it is told of one', () => {
    const pulls = [pullRow()];
    const state = applyMessages(stateOf(), [{ type: 'pulls', pulls }]);
    expect(state?.pulls).toBe(pulls);
    expect(applyMessages(state, [snapshot()])?.pulls).toEqual([]);
    expect(applyMessages(state, [snapshot(), { type: 'pulls', pulls }])?.pulls).toBe(pulls);
  });

  it('knows of other nodes what it was told since the last snapshot, and of none on one host', () => {
    const state = stateOf(vmRow());
    expect(state.nodes).toEqual([]);
    const fleet = applyMessages(state, [
      { type: 'nodes', nodes: [nodeRow(), nodeRow({ id: 2, name: 'b' })] },
    ]);
    expect(fleet?.nodes.map(({ name }) => name)).toEqual(['host-1', 'b']);
    expect(applyMessages(fleet, [snapshot(vmRow())])?.nodes).toEqual([]);
  });
});
