import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { FakeWebSocket } from '@/test/fakeWebSocket';
import { TerminalSession, type TerminalView } from './terminalSession';

vi.mock('@/api/health', () => ({ isServerUp: () => Promise.resolve(true) }));

const decoder = new TextDecoder();
const keys = (text: string): Uint8Array<ArrayBuffer> => Uint8Array.from(new TextEncoder().encode(text));
const DIVIDER = '\n-- ';

let shown = '';
let undrawn: (() => void)[] = [];
let session: TerminalSession;

const server = (): FakeWebSocket => FakeWebSocket.latest();
const asked = (): string => new URL(server().url).search;

function view(): TerminalView {
  vi.advanceTimersByTime(30);
  return session.view();
}

interface Greeting {
  boot?: number;
  position?: number;
  end?: number;
  running?: boolean;
}

function hello({ boot = 1, position = 0, end = position, running = true }: Greeting = {}): void {
  server().tell({ type: 'hello', id: 'vm-1', name: 'web', boot, position, end, running, you: 3 });
}

function state(given: object = {}): void {
  server().tell({
    type: 'state',
    running: true,
    status: 'running',
    viewers: [{ id: 3, name: 'alice' }],
    typist: null,
    may_type: true,
    ...given,
  });
}

function begin(greeting?: Greeting): void {
  server().accept();
  hello(greeting);
  state();
}

async function reconnect(): Promise<void> {
  server().fail();
  await vi.advanceTimersByTimeAsync(1_000);
  server().accept();
}

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal('WebSocket', FakeWebSocket);
  FakeWebSocket.opened = [];
  shown = '';
  undrawn = [];
  session = new TerminalSession('vm-1', {
    print: (bytes, done) => {
      shown += decoder.decode(bytes);
      undrawn.push(done);
    },
    divide: (words) => (shown += DIVIDER + words),
  });
  session.start();
});

afterEach(() => {
  session.stop();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const draw = (): void => undrawn.splice(0).forEach((done) => done());

describe('what a terminal shows', () => {
  it('begins with the history, and says that there is more', () => {
    begin({ position: 1_000, end: 1_005 });
    server().print('hello');
    expect(shown).toBe(`${DIVIDER}Earlier output is in the logshello`);
    expect(asked()).toBe('');
  });

  it('shows no byte twice and loses none, wherever the connection was lost', async () => {
    const text = 'login: root\r\n# ';
    for (let cut = 0; cut <= text.length; cut += 1) {
      for (let back = 0; back <= cut; back += 1) {
        session.stop();
        shown = '';
        session = new TerminalSession('vm-1', {
          print: (bytes) => (shown += decoder.decode(bytes)),
          divide: (words) => (shown += DIVIDER + words),
        });
        session.start();
        begin();
        server().print(text.slice(0, cut));
        await reconnect();
        expect(asked()).toBe(`?boot=1&position=${cut}`);
        // A server that goes on a little earlier than it was asked to; and is lost again at once.
        hello({ position: cut - back, end: text.length });
        server().print(text.slice(cut - back, cut));
        await reconnect();
        expect(asked()).toBe(`?boot=1&position=${cut}`);
        hello({ position: cut, end: text.length });
        server().print(text.slice(cut));
        expect(shown).toBe(text);
      }
    }
  });

  it('says how much is missing where the server does not go on there', async () => {
    begin();
    server().print('one');
    await reconnect();
    hello({ position: 2_051, end: 2_054 });
    server().print('two');
    expect(shown).toBe(`one${DIVIDER}2 KB missing here: they are in the logstwo`);
  });

  it('says where bytes were skipped in mid-connection', () => {
    begin();
    server().print('one');
    hello({ position: 1_027 });
    expect(shown).toBe(`one${DIVIDER}1 KB missing here: they are in the logs`);
  });

  it('says that the VM was started again, and counts anew', async () => {
    begin();
    server().print('one');
    hello({ boot: 2 });
    server().print('two');
    await reconnect();
    expect(asked()).toBe('?boot=2&position=3');
    hello({ boot: 3, position: 99, end: 99 });
    expect(shown).toBe(`one${DIVIDER}Started againtwo${DIVIDER}Started again. Earlier output is in the logs`);
  });

  it('begins anew where the log ends before what was shown', async () => {
    begin();
    server().print('0123456789');
    await reconnect();
    hello({ position: 0, end: 4 });
    server().print('0123');
    expect(shown).toBe(`0123456789${DIVIDER}The log was cut here0123`);
  });
});

describe('who types', () => {
  it('sends keystrokes in frames that the server takes', () => {
    begin();
    expect(session.type(keys('x'.repeat(9_000)))).toBe(true);
    expect(server().sent.map((frame) => (frame as Uint8Array).length)).toEqual([4_096, 4_096, 808]);
  });

  it.each<[string, () => void]>([
    ['when one may not', () => state({ may_type: false })],
    ['when the VM does not run', () => state({ running: false })],
    ['while the connection is away', () => server().fail()],
  ])('sends nothing %s', (_, happen) => {
    begin();
    happen();
    expect(session.type(keys('x'))).toBe(false);
    expect(server().sent).toEqual([]);
  });

  it('sends nothing before the server has said that one may', () => {
    server().accept();
    hello();
    expect(session.type(keys('x'))).toBe(false);
  });

  it('says what was refused until the next keystroke', () => {
    begin();
    server().tell({ type: 'refused', message: 'something else holds the console' });
    expect(view().complaint).toBe('something else holds the console');
    session.type(keys('x'));
    expect(view().complaint).toBeNull();
  });

  it('knows who else is here, and takes and frees the keyboard', () => {
    begin();
    session.takeKeyboard(true);
    expect(server().sent).toEqual(['{"type":"keyboard","mine":true}']);
    state({
      typist: 3,
      viewers: [
        { id: 3, name: 'alice' },
        { id: 4, name: 'bob' },
      ],
    });
    expect(view()).toMatchObject({ me: 3, typist: 3, viewers: [{ name: 'alice' }, { name: 'bob' }] });
  });

  it('gives up when it is closed for good', () => {
    begin();
    server().fail(4403, 'not yours any more');
    expect(view().refusal).toEqual({ code: 4403, reason: 'not yours any more' });
  });
});

describe('who answers what a guest asks of its terminal', () => {
  it('is nobody for what was asked before somebody looked', () => {
    begin({ position: 0, end: 7 });
    server().print('history');
    expect(session.answers).toBe(false);
    draw();
    expect(session.answers).toBe(true);
    server().print('live');
    expect(session.answers).toBe(true);
  });

  it('is nobody for what was asked while the connection was away', async () => {
    begin();
    server().print('one');
    draw();
    await reconnect();
    hello({ position: 3, end: 6 });
    state();
    server().print('two');
    expect(session.answers).toBe(false);
    draw();
    expect(session.answers).toBe(true);
  });

  it('is the first of several, or who has the keyboard', () => {
    begin();
    const viewers = [
      { id: 1, name: 'bob' },
      { id: 3, name: 'alice' },
    ];
    state({ viewers });
    expect(session.answers).toBe(false);
    state({ viewers, typist: 3 });
    expect(session.answers).toBe(true);
    state({ viewers: viewers.toReversed() });
    expect(session.answers).toBe(true);
    state({ viewers, typist: 1, may_type: false });
    expect(session.answers).toBe(false);
  });
});
