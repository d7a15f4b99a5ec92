import { expect, it } from 'vitest';
import { vmRow } from '@/test/vmRow';
import { BulkRun } from './bulkRun';

const rows = Array.from({ length: 9 }, (_, place) => vmRow({ id: `vm-${place}`, name: `web-${place}` }));

/** A server whose answers the test gives. */
function server() {
  const open = new Map<string, { answer: () => void; refuse: (why: string) => void }>();
  const asked: string[] = [];
  const ask = (_: unknown, id: string) =>
    new Promise<void>((resolve, reject) => {
      asked.push(id);
      open.set(id, {
        answer: () => {
          open.delete(id);
          resolve();
        },
        refuse: (why) => {
          open.delete(id);
          reject(new Error(why));
        },
      });
    });
  return { open, asked, ask };
}

const settle = () => new Promise((resolve) => setTimeout(resolve, 0));

it('asks four at a time, goes on as they answer, and keeps a result for each', async () => {
  const { open, asked, ask } = server();
  const bulk = new BulkRun(ask);
  const ended = bulk.start('stop', rows);
  expect(asked).toEqual(['vm-0', 'vm-1', 'vm-2', 'vm-3']);
  open.get('vm-2')?.refuse('it is being removed');
  await settle();
  expect(asked.at(-1)).toBe('vm-4');
  expect(open.size).toBe(4);
  while (open.size > 0) {
    for (const each of [...open.values()]) each.answer();
    await settle();
  }
  await ended;
  expect(bulk.snapshot()?.finished).toBe(true);
  expect(bulk.snapshot()?.results.map(({ state }) => state)).toEqual(
    rows.map((_, place) => (place === 2 ? 'failed' : 'done')),
  );
  expect(bulk.snapshot()?.results[2]?.message).toBe('it is being removed');
});

it('asks again only those that failed and are there still', async () => {
  const calls: string[] = [];
  const bulk = new BulkRun((_, id) => {
    calls.push(id);
    return calls.length <= 3 ? Promise.reject(new Error('no')) : Promise.resolve();
  });
  await bulk.start('stop', rows.slice(0, 4));
  const there = new Map(rows.slice(1).map((row) => [row.id, row]));
  await bulk.retry(there);
  expect(calls.slice(4)).toEqual(['vm-1', 'vm-2']);
  expect(bulk.snapshot()?.results.every(({ state }) => state === 'done')).toBe(true);
  bulk.dismiss();
  expect(bulk.snapshot()).toBeNull();
});
