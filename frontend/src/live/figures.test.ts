import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { FiguresSession, HOST, MAX_WATCHED } from './figures';

/** The server's end: what was sent to it, and a way to say something. */
class FakeSocket {
  static readonly OPEN = 1;
  static readonly CONNECTING = 0;
  readyState = FakeSocket.OPEN;
  sent: unknown[] = [];
  closed = false;
  onopen?: () => void;
  onmessage?: (event: { data: string }) => void;
  constructor() {
    sockets.push(this);
  }
  send(text: string): void {
    this.sent.push(JSON.parse(text));
  }
  close(): void {
    this.closed = true;
  }
  say(message: object): void {
    this.onmessage?.({ data: JSON.stringify(message) });
  }
}

let sockets: FakeSocket[] = [];
const ends: (() => void)[] = [];
const columns = ['at', 'cpu'];
const nothing = () => undefined;
const settle = () => vi.advanceTimersByTime(200);
const watch = (...vms: string[]) => ({ type: 'watch', vms, node: false });

beforeEach(() => {
  sockets = [];
  vi.useFakeTimers();
  vi.stubGlobal('WebSocket', FakeSocket);
});

afterEach(() => {
  for (const end of ends.splice(0)) end();
  settle();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

/** As `session.watch`, ended with the test at the latest. */
function look(session: FiguresSession, key: string, listener: () => void = nothing): () => void {
  const end = session.watch(key, listener);
  ends.push(end);
  return end;
}

function opened(session: FiguresSession, ...keys: string[]): FakeSocket {
  for (const key of keys) look(session, key);
  settle();
  const socket = sockets[0];
  if (!socket) throw new Error('no connection was made');
  socket.onopen?.();
  return socket;
}

it('connects once something is watched, says what, and lets go when nobody watches', () => {
  const session = new FiguresSession(() => 'ws://x');
  const end = look(session, 'a');
  const socket = opened(session, HOST);
  expect(socket.sent).toEqual([{ type: 'watch', vms: ['a'], node: true }]);
  end();
  settle();
  expect(socket.sent.at(-1)).toEqual({ type: 'watch', vms: [], node: true });
  expect(socket.closed).toBe(false);
});

it('closes the connection when nothing is watched any more', () => {
  const session = new FiguresSession(() => 'ws://x');
  const end = look(session, 'a');
  const socket = opened(session);
  end();
  settle();
  expect(socket.closed).toBe(true);
});

it('tells changes that come together once, and only what changed', () => {
  const session = new FiguresSession(() => 'ws://x');
  const socket = opened(session, 'a');
  const end = look(session, 'b');
  end();
  look(session, 'c');
  settle();
  settle();
  expect(socket.sent).toEqual([watch('a'), watch('a', 'c')]);
});

it('of too many it watches those that were asked for last', () => {
  const ids = Array.from({ length: MAX_WATCHED + 1 }, (_, number) => `vm-${number}`);
  const socket = opened(new FiguresSession(() => 'ws://x'), ...ids);
  expect(socket.sent).toEqual([watch(...ids.slice(1))]);
});

it('joins history and points, and tells listeners of that VM only', () => {
  const session = new FiguresSession(() => 'ws://x');
  const ofA = vi.fn();
  const ofB = vi.fn();
  look(session, 'a', ofA);
  look(session, 'b', ofB);
  const socket = opened(session);
  socket.say({ type: 'history', vm: 'a', columns, points: [[1000, 0.5]] });
  socket.say({ type: 'points', vms: { a: [2000, 0.25] }, node: null });
  expect(session.series('a')).toEqual({
    columns,
    points: [
      [1000, 0.5],
      [2000, 0.25],
    ],
  });
  expect(ofA).toHaveBeenCalledTimes(2);
  expect(ofB).not.toHaveBeenCalled();
});

it('keeps what it had when the connection is made anew', () => {
  const session = new FiguresSession(() => 'ws://x');
  const socket = opened(session, 'a');
  socket.say({
    type: 'history',
    vm: 'a',
    columns,
    points: [
      [1000, 1],
      [3000, 3],
    ],
  });
  socket.onopen?.();
  socket.say({
    type: 'history',
    vm: 'a',
    columns,
    points: [
      [2000, 2],
      [9000, 9],
    ],
  });
  expect(session.series('a').points.map(([at]) => at)).toEqual([1000, 3000, 9000]);
  expect(socket.sent).toEqual([watch('a'), watch('a')]);
});

it('keeps a series for a while after nobody looks at it', () => {
  const session = new FiguresSession(() => 'ws://x');
  const end = look(session, 'a');
  opened(session).say({ type: 'history', vm: 'a', columns, points: [[1000, 1]] });
  end();
  vi.advanceTimersByTime(10_000);
  expect(session.series('a').points).toHaveLength(1);
  vi.advanceTimersByTime(60_000);
  expect(session.series('a').points).toHaveLength(0);
});

it('watches nothing while the page is hidden', () => {
  const session = new FiguresSession(() => 'ws://x');
  const socket = opened(session, 'a');
  const hidden = vi.spyOn(document, 'hidden', 'get').mockReturnValue(true);
  document.dispatchEvent(new Event('visibilitychange'));
  settle();
  expect(socket.closed).toBe(true);
  hidden.mockReturnValue(false);
  document.dispatchEvent(new Event('visibilitychange'));
  settle();
  expect(sockets).toHaveLength(2);
});
