import { describe, expect, it } from 'vitest';
import { vmRow } from '@/test/vmRow';
import { findVms, MOST_VMS } from './vmSearch';
import { readVerb, verbsFor } from './vmVerbs';

const everything = () => true;

describe('what can be done with a VM', () => {
  it('depends on how it is', () => {
    const running = verbsFor(vmRow({ status: 'running' }), everything);
    expect(running).toContain('shutdown');
    expect(running).not.toContain('start');
    expect(verbsFor(vmRow({ status: 'stopped' }), everything)).toContain('start');
    expect(verbsFor(vmRow({ status: 'removing' }), everything)).not.toContain('stop');
  });

  it('depends on who asks, for each VM', () => {
    const mine = (permission: string, vm?: { owner_id: number | null }) =>
      permission === 'LOOK' || vm?.owner_id === 1;
    expect(verbsFor(vmRow({ owner_id: 2 }), mine)).toEqual(['open', 'events', 'copy']);
    expect(verbsFor(vmRow({ owner_id: 1 }), mine)).toContain('update');
  });
});

describe('a verb before a name', () => {
  it.each([
    ['stop web', { verb: 'stop', rest: 'web' }],
    ['st web', { verb: 'start', rest: 'web' }],
    ['shut down web 1', { verb: 'shutdown', rest: 'web 1' }],
    ['LOGS ', { verb: 'logs', rest: '' }],
  ])('%j is %j', (text, expected) => {
    expect(readVerb(text)).toEqual(expected);
  });

  it.each(['stop', 's web', 'nightly report', ''])('%j has none', (text) => {
    expect(readVerb(text)).toBeNull();
  });
});

describe('finding VMs', () => {
  const rows = [
    vmRow({ id: 'c', name: 'my-shop' }),
    vmRow({ id: 'a', name: 'shop-web', app_id: 'e0'.repeat(20) }),
    vmRow({ id: 'b', name: 'other', image: 'shop-image' }),
  ];
  const names = (text: string) => findVms(rows, text).rows.map(({ name }) => name);

  it('puts names before what else has the word, and beginnings of names first', () => {
    expect(names('Shop')).toEqual(['shop-web', 'my-shop', 'other']);
    expect(names('e0e0')).toEqual(['shop-web']);
    expect(names('shop image')).toEqual(['other']);
    expect(names('nothing')).toEqual([]);
  });

  it('shows a few of ten thousand, says how many there are, and finds the one whose name begins so', () => {
    const many = Array.from({ length: 10_000 }, (_, place) =>
      vmRow({ id: `id-${place}`, name: `vm-x${place}` }),
    );
    const found = findVms([...many, vmRow({ id: 'last', name: 'x9-lives' })], 'x9');
    expect(found.rows).toHaveLength(MOST_VMS);
    expect(found.rows[0]?.name).toBe('x9-lives');
    expect(found.total).toBe(many.filter(({ name }) => name.includes('x9')).length + 1);
  });
});
