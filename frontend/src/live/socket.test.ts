import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { FakeWebSocket } from '@/test/fakeWebSocket';
import { LiveSocket, type Connection, type Refusal } from './socket';

const START = new Date('2030-01-01T00:00:00Z').getTime();
const frames: string[] = [];
const connections: Connection[] = [];
const strangers: true[] = [];
let socket: LiveSocket;

const attempts = (): number => FakeWebSocket.opened.length;
const latest = (): FakeWebSocket => FakeWebSocket.latest();

beforeEach(() => {
  vi.useFakeTimers();
  vi.setSystemTime(START);
  vi.stubGlobal('WebSocket', FakeWebSocket);
  FakeWebSocket.opened = [];
  frames.length = 0;
  connections.length = 0;
  strangers.length = 0;
  socket = new LiveSocket({
    url: () => 'ws://host/ws/status',
    onFrame: (frame) => frames.push(frame),
    onConnection: (connection) => connections.push(connection),
    onStranger: () => strangers.push(true),
    // The longest of the jittered delays: exactly the ceiling.
    random: () => 1,
  });
  socket.start();
});

afterEach(() => {
  socket.stop();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe('LiveSocket', () => {
  it('is online from the first frame on', () => {
    latest().accept();
    expect(connections).toEqual([]);
    latest().say('hello');
    expect(connections).toEqual([{ phase: 'online' }]);
    expect(frames).toEqual(['hello']);
  });

  it('says since when it is offline, and only once while it goes on trying', () => {
    latest().accept();
    latest().say('hello');
    vi.advanceTimersByTime(1000);
    latest().fail();
    vi.advanceTimersByTime(500);
    latest().fail();
    expect(connections).toEqual([{ phase: 'online' }, { phase: 'offline', since: START + 1000 }]);
  });

  it('waits twice as long after each failure, up to five seconds', () => {
    for (const delay of [500, 1000, 2000, 4000, 5000, 5000]) {
      latest().fail();
      const before = attempts();
      vi.advanceTimersByTime(delay - 1);
      expect(attempts()).toBe(before);
      vi.advanceTimersByTime(1);
      expect(attempts()).toBe(before + 1);
    }
  });

  it('takes at least half of the delay, whatever the jitter', () => {
    const eager = new LiveSocket({
      url: () => 'ws://x',
      onFrame: vi.fn(),
      onConnection: vi.fn(),
      onStranger: vi.fn(),
      random: () => 0,
    });
    eager.start();
    latest().fail();
    const before = attempts();
    vi.advanceTimersByTime(249);
    expect(attempts()).toBe(before);
    vi.advanceTimersByTime(1);
    expect(attempts()).toBe(before + 1);
    eager.stop();
  });

  it('starts with short delays again once a frame has come, not merely a connection', () => {
    latest().fail();
    vi.advanceTimersByTime(500);
    latest().accept();
    latest().fail();
    vi.advanceTimersByTime(999);
    expect(attempts()).toBe(2);
    vi.advanceTimersByTime(1);
    latest().accept();
    latest().say('hello');
    latest().fail();
    vi.advanceTimersByTime(500);
    expect(attempts()).toBe(4);
  });

  it('pings, and stays as long as anything answers', () => {
    latest().accept();
    latest().say('hello');
    vi.advanceTimersByTime(15_000);
    expect(latest().sent).toEqual(['{"type":"ping"}']);
    latest().say('{"type":"pong"}');
    vi.advanceTimersByTime(10_000);
    expect(attempts()).toBe(1);
  });

  it('counts a connection as lost when a ping goes unanswered', () => {
    latest().accept();
    latest().say('hello');
    const silent = latest();
    vi.advanceTimersByTime(20_000);
    expect(connections.at(-1)).toEqual({ phase: 'offline', since: START + 20_000 });
    expect(silent.readyState).toBe(FakeWebSocket.CLOSED);
    vi.advanceTimersByTime(500);
    expect(attempts()).toBe(2);
  });

  it('hears nothing more from a connection it has given up', () => {
    latest().accept();
    latest().say('hello');
    const old = latest();
    vi.advanceTimersByTime(20_500);
    old.say('late');
    old.fail();
    expect(frames).toEqual(['hello']);
    expect(attempts()).toBe(2);
  });

  it('gives up on a connection that is never accepted', () => {
    vi.advanceTimersByTime(10_000);
    expect(connections.at(-1)?.phase).toBe('offline');
  });

  it('tries at once when nudged while waiting, and does not try twice', () => {
    latest().fail();
    socket.nudge();
    expect(attempts()).toBe(2);
    socket.nudge();
    vi.advanceTimersByTime(500);
    expect(attempts()).toBe(2);
  });

  it('asks an open connection whether it still lives when nudged', () => {
    latest().accept();
    latest().say('hello');
    socket.nudge();
    expect(latest().sent).toEqual(['{"type":"ping"}']);
    vi.advanceTimersByTime(5_000);
    expect(connections.at(-1)?.phase).toBe('offline');
  });

  it('says so, and does not try again, when the server knows nobody here', () => {
    latest().accept();
    latest().fail(4401);
    socket.nudge();
    vi.advanceTimersByTime(60_000);
    expect(attempts()).toBe(1);
    expect(strangers).toEqual([true]);
    expect(connections).toEqual([]);
  });

  it('tries again after any other close', () => {
    for (const code of [1006, 4000, 4008, 4012, 4429]) {
      const before = attempts();
      latest().fail(code);
      vi.advanceTimersByTime(5_000);
      expect(attempts()).toBe(before + 1);
    }
    expect(strangers).toEqual([]);
  });

  it('is quiet after it was stopped', () => {
    latest().accept();
    socket.stop();
    socket.nudge();
    vi.advanceTimersByTime(60_000);
    expect(attempts()).toBe(1);
    expect(connections).toEqual([]);
  });

  it('connects again at once when what may be seen has changed, but not in a tight loop', () => {
    latest().accept();
    latest().say('hello');
    latest().fail(4409);
    expect(attempts()).toBe(2);
    expect(connections.at(-1)?.phase).toBe('online');
    latest().fail(4409);
    expect(attempts()).toBe(2);
    expect(connections.at(-1)?.phase).toBe('offline');
  });

  it('is quiet after it was stopped, even to what it is asked to send', () => {
    latest().accept();
    socket.stop();
    expect(socket.send('x')).toBe(false);
    socket.reopen();
    expect(attempts()).toBe(1);
  });
});

describe('LiveSocket with bytes and a place to go on from', () => {
  let place = 0;
  const heard: number[][] = [];
  const refusals: Refusal[] = [];
  let session: LiveSocket;

  beforeEach(() => {
    place = 0;
    heard.length = 0;
    refusals.length = 0;
    session = new LiveSocket({
      url: () => `ws://host/ws/logs?position=${place}`,
      onFrame: (frame) => frames.push(frame),
      onBytes: (bytes) => {
        heard.push([...bytes]);
        place += bytes.length;
      },
      onConnection: vi.fn(),
      onStranger: vi.fn(),
      onRefused: (refusal) => refusals.push(refusal),
    });
    session.start();
  });

  afterEach(() => session.stop());

  it('hands on bytes, and says in its next address how far it has come', () => {
    latest().accept();
    latest().say(Uint8Array.of(1, 2, 3).buffer);
    latest().fail();
    session.nudge();
    expect(heard).toEqual([[1, 2, 3]]);
    expect(latest().url).toBe('ws://host/ws/logs?position=3');
  });

  it('opens another connection when asked to, and hears nothing more of the first', () => {
    latest().accept();
    const first = latest();
    place = 7;
    session.reopen();
    first.say(Uint8Array.of(9).buffer);
    expect(heard).toEqual([]);
    expect(latest().url).toBe('ws://host/ws/logs?position=7');
  });

  it('sends only while it is connected', () => {
    expect(session.send('early')).toBe(false);
    latest().accept();
    expect(session.send(Uint8Array.of(13))).toBe(true);
    expect(latest().sent).toEqual([Uint8Array.of(13)]);
  });

  it.each([4403, 4404])('gives up when it is closed with %i, in the server’s words', (code) => {
    latest().accept();
    latest().fail(code, 'this VM is not yours');
    vi.advanceTimersByTime(60_000);
    expect(refusals).toEqual([{ code, reason: 'this VM is not yours' }]);
    expect(FakeWebSocket.opened.filter(({ url }) => url.includes('logs'))).toHaveLength(1);
  });
});

describe('a LiveSocket that can ask whether the server is up', () => {
  let up: boolean;
  let asked: number;

  beforeEach(() => {
    socket.stop();
    FakeWebSocket.opened = [];
    connections.length = 0;
    up = true;
    asked = 0;
    socket = new LiveSocket({
      url: () => 'ws://host/ws/status',
      onFrame: vi.fn(),
      onConnection: (connection) => connections.push(connection),
      onStranger: vi.fn(),
      isUp: () => {
        asked += 1;
        return Promise.resolve(up);
      },
      random: () => 1,
    });
    socket.start();
  });

  const phases = (): string[] => connections.map(({ phase }) => phase);

  it('opens no websocket while it is not, and one within a second and a half after it is', async () => {
    latest().accept();
    latest().say('hello');
    up = false;
    latest().fail();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(attempts()).toBe(1);
    expect(asked).toBeGreaterThan(30);
    up = true;
    await vi.advanceTimersByTimeAsync(1_500);
    expect(attempts()).toBe(2);
    latest().accept();
    latest().say('hello again');
    expect(phases()).toEqual(['online', 'offline', 'online']);
  });

  it('counts websockets as blocked when two in a row say nothing though it is', async () => {
    latest().fail();
    await vi.advanceTimersByTimeAsync(500);
    expect(phases()).toEqual(['offline']);
    latest().accept();
    latest().fail();
    expect(phases()).toEqual(['offline', 'blocked']);
    await vi.advanceTimersByTimeAsync(120_000);
    // Tried ever less often, up to every half minute.
    expect(attempts()).toBeLessThan(10);
    latest().accept();
    latest().say('hello');
    expect(phases()).toEqual(['offline', 'blocked', 'online']);
  });

  it('takes back that they are blocked when the server is gone', async () => {
    latest().fail();
    await vi.advanceTimersByTimeAsync(500);
    latest().fail();
    up = false;
    socket.nudge();
    await vi.advanceTimersByTimeAsync(0);
    expect(phases()).toEqual(['offline', 'blocked', 'offline']);
  });

  it('never takes a connection that had spoken for one that is blocked', async () => {
    for (let round = 0; round < 5; round += 1) {
      latest().accept();
      latest().say('hello');
      latest().fail();
      await vi.advanceTimersByTimeAsync(1_500);
    }
    expect(phases()).not.toContain('blocked');
  });

  it('lets go of a question whose answer comes after it was stopped', async () => {
    latest().fail();
    vi.advanceTimersByTime(500);
    socket.stop();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(attempts()).toBe(1);
  });
});
