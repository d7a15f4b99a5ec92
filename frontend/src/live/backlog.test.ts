import { expect, it } from 'vitest';
import { Backlog } from './backlog';

const MB = 1 << 20;

function sink() {
  const log: (number | string)[] = [];
  const dones: (() => void)[] = [];
  return {
    log,
    /** Draws the oldest so many of what was handed over. */
    draw: (count: number) => dones.splice(0, count).forEach((done) => done()),
    print: (bytes: Uint8Array, done: () => void) => {
      log.push(bytes.length);
      dones.push(done);
    },
    skip: (bytes: number) => log.push(`skip ${bytes}`),
  };
}

it('hands on at once what can be drawn', () => {
  const to = sink();
  const backlog = new Backlog(to);
  for (const size of [1, 2, 3]) backlog.push(new Uint8Array(size));
  expect(to.log).toEqual([1, 2, 3]);
  expect(backlog.pending).toBe(6);
  to.draw(3);
  expect(backlog.pending).toBe(0);
});

it('leaves out the middle of a flood, says how much, and shows its end', () => {
  const to = sink();
  const backlog = new Backlog(to);
  for (let piece = 0; piece < 100; piece += 1) backlog.push(new Uint8Array(MB / 4));
  expect(to.log).toHaveLength(16);
  expect(backlog.pending).toBe(25 * MB);
  to.draw(13);
  expect(to.log).toHaveLength(16 + 2);
  expect(to.log.slice(16)).toEqual([`skip ${(100 - 16 - 1) * (MB / 4)}`, MB / 4]);
  to.draw(99);
  backlog.push(new Uint8Array(7));
  expect(to.log.at(-1)).toBe(7);
});

it('keeps the order while it catches up', () => {
  const to = sink();
  const backlog = new Backlog(to);
  backlog.push(new Uint8Array(4 * MB));
  for (const size of [1, 2, 3]) backlog.push(new Uint8Array(size));
  expect(to.log).toEqual([4 * MB]);
  to.draw(1);
  expect(to.log).toEqual([4 * MB, 1, 2, 3]);
});
