import { describe, expect, it } from 'vitest';
import type { PullRow, RegistryTag } from '@/api/image';
import { pullRow } from '@/test/imageRow';
import { localName, registryRows } from './registryRows';

const offered = (...tags: string[]): RegistryTag[] =>
  tags.map((tag) => ({ tag, local: false, pulling: false, error: '' }));

const kinds = (tags: RegistryTag[], pulls: PullRow[], here: string[] = []) =>
  registryRows(
    tags,
    pulls,
    here.map((name) => ({ name })),
  ).map(({ tag, state }) => [tag, state.kind]);

describe('localName', () => {
  it.each([
    ['0.5.4', 'dstack-0.5.4'],
    ['dstack-dev-0.5.4', 'dstack-dev-0.5.4'],
    ['x'.repeat(57), `dstack-${'x'.repeat(57)}`],
    ['x'.repeat(58), null],
    ['1..2', null],
  ])('of tag %s is %s', (tag, name) => {
    expect(localName(tag)).toBe(name);
  });
});

describe('registryRows', () => {
  it('has the newest tag first, as people count', () => {
    expect(kinds(offered('0.5.9', '0.5.10', '0.5.2'), []).map(([tag]) => tag)).toEqual([
      '0.5.10',
      '0.5.9',
      '0.5.2',
    ]);
  });

  it('says which are here, by the name that they have here', () => {
    expect(kinds(offered('b', 'dstack-a'), [], ['dstack-a', 'dstack-b'])).toEqual([
      ['dstack-a', 'here'],
      ['b', 'here'],
    ]);
    expect(kinds(offered('b'), [], ['b'])).toEqual([['b', 'available']]);
  });

  it.each([
    ['queued', 'going'],
    ['downloading', 'going'],
    ['unpacking', 'going'],
    ['cancelling', 'going'],
    ['failed', 'failed'],
    ['done', 'available'],
  ] as const)('a pull that is %s makes its tag %s', (state, kind) => {
    expect(kinds(offered('0.5.4'), [pullRow({ state })])).toEqual([['0.5.4', kind]]);
  });

  it('shows a pull at the tag that was pulled, not at another one of the same name', () => {
    const tags = offered('0.5.4', 'dstack-0.5.4');
    expect(kinds(tags, [pullRow({ tag: 'dstack-0.5.4' })])).toEqual([
      ['dstack-0.5.4', 'going'],
      ['0.5.4', 'available'],
    ]);
  });

  it('shows pulls though their tag is not offered, or the registry is out of reach; but not those that are done', () => {
    const pulls = [
      pullRow({ tag: 'gone', state: 'failed' }),
      pullRow({ tag: 'past', state: 'done' }),
      pullRow({ tag: 'new' }),
    ];
    expect(kinds([], pulls)).toEqual([
      ['gone', 'failed'],
      ['new', 'going'],
    ]);
  });

  it('says in the words of the server why a tag can have no image', () => {
    const long = 'x'.repeat(100);
    const [row] = registryRows([{ tag: long, local: false, pulling: false, error: 'too long' }], [], []);
    expect(row?.state).toEqual({ kind: 'refused', reason: 'too long' });
  });

  it('forgets an old error of a tag that has none any more', () => {
    const [row] = registryRows([{ tag: 'a', local: false, pulling: false, error: 'timed out' }], [], []);
    expect(row?.state).toEqual({ kind: 'available' });
  });
});
