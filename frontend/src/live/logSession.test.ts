import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { FakeLogServer } from '@/test/fakeLogServer';
import { FakeWebSocket } from '@/test/fakeWebSocket';
import { LogSession } from './logSession';
import type { LogPlace, LogView } from './logView';
import { MAX_BYTES } from './logWindow';

vi.mock('@/api/health', () => ({ isServerUp: () => Promise.resolve(true) }));

const SERIAL: LogPlace = { channel: 'serial', boot: null, at: null };
/** 100 bytes each, and each says where it begins. */
const lines = (count: number, from = 0): string =>
  Array.from({ length: count }, (_, index) => `${from + index * 100} `.padEnd(99, '.') + '\n').join('');

let server: FakeLogServer;
let session: LogSession;

function begin(text: string, place: LogPlace = SERIAL): void {
  server = new FakeLogServer(text);
  session = new LogSession('vm-1');
  session.start();
  session.visit(place);
  server.accept();
}

function view(): LogView {
  vi.advanceTimersByTime(30);
  return session.view();
}

const text = (): string =>
  view()
    .window.lines.map(({ raw, open }) => (open ? raw : `${raw}\n`))
    .join('');

/** The window is what the log says between its ends, and nothing twice. */
function expectTrue(log = server.newest.text): void {
  const { window } = view();
  expect(text()).toBe(log.slice(window.start, window.end));
}

/** The server answers until nothing is asked any more. */
function settle(): void {
  for (let turn = 0; turn < 500; turn += 1) {
    const before = FakeWebSocket.latest().sent.length;
    server.answer();
    if (FakeWebSocket.latest().sent.length === before) return;
  }
  throw new Error('it asks for ever');
}

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal('WebSocket', FakeWebSocket);
  FakeWebSocket.opened = [];
});

afterEach(() => {
  session.stop();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe('a reader of logs', () => {
  it('begins near the end, at a line, and follows', () => {
    begin(lines(10_000));
    expect(view().window.start).toBe(737_900);
    server.append('more\nand mo');
    server.append('re');
    expectTrue();
    expect(view()).toMatchObject({ atEnd: true, following: true, unread: 0, end: 1_000_013 });
  });

  it('loads older pieces up to the first that is kept, and stops there', () => {
    begin(lines(10_000));
    server.runs[0] = { ...server.newest, start: 100_000 };
    session.follow(false);
    for (let turn = 0; turn < 10; turn += 1) {
      session.loadOlder();
      settle();
    }
    expect(view().window.start).toBe(100_000);
    expect(view().kept).toBe(100_000);
    expectTrue();
  });

  it('asks for one piece at a time', () => {
    begin(lines(10_000));
    session.loadOlder();
    session.loadOlder();
    expect(FakeWebSocket.latest().sent).toHaveLength(1);
    expect(view().loading).toBe(true);
    settle();
    expect(view().loading).toBe(false);
  });

  it('keeps a bounded part of a large log, whichever way one scrolls, and finds the end again', () => {
    begin(lines(80_000));
    session.follow(false);
    for (let turn = 0; turn < 40; turn += 1) {
      session.loadOlder();
      settle();
      const { window } = view();
      expect(window.end - window.start).toBeLessThanOrEqual(MAX_BYTES);
    }
    expect(view()).toMatchObject({ atEnd: false, window: { start: 0 } });
    for (let turn = 0; turn < 50 && !view().atEnd; turn += 1) {
      const opened = FakeWebSocket.opened.length;
      session.loadNewer();
      if (FakeWebSocket.opened.length > opened) server.accept();
      settle();
    }
    expectTrue();
    expect(view().window.end).toBe(8_000_000);
    server.append('new\n');
    expectTrue();
  });

  it('counts what comes while somebody reads further up, and goes to it at once', () => {
    begin(lines(60_000));
    session.follow(false);
    for (let turn = 0; turn < 22; turn += 1) {
      session.loadOlder();
      settle();
    }
    const before = view().window;
    server.append('one\ntwo\nthree');
    expect(view()).toMatchObject({ unread: 2, window: before });
    session.follow(true);
    server.accept();
    expect(view()).toMatchObject({ unread: 0, following: true, atEnd: true });
    expect(text()).toMatch(/one\ntwo\nthree$/);
  });

  it('goes on where it was after every lost connection, wherever it was cut', async () => {
    const whole = 'one\ntwo \u001b[31mred\nthree\n';
    for (let cut = 0; cut <= whole.length; cut += 1) {
      begin(whole.slice(0, cut));
      FakeWebSocket.latest().fail();
      expect(view().connection.phase).toBe('offline');
      server.newest.text = whole;
      await vi.advanceTimersByTimeAsync(1_000);
      server.accept();
      expect(text()).toBe(whole);
      session.stop();
    }
  });

  it('begins anew at the end when too much has come meanwhile, unless somebody reads', async () => {
    begin('first\n');
    FakeWebSocket.latest().fail();
    server.newest.text += lines(20_000, 6);
    await vi.advanceTimersByTimeAsync(1_000);
    server.accept();
    expect(view()).toMatchObject({ atEnd: true });
    expect(view().window.start).toBeGreaterThan(1_000_000);
    expectTrue();

    session.follow(false);
    const { window } = view();
    FakeWebSocket.latest().fail();
    server.newest.text += lines(20_000);
    await vi.advanceTimersByTimeAsync(1_000);
    server.accept();
    expect(view().window).toBe(window);
    expect(view().atEnd).toBe(false);
  });

  it('shows the new boot to who follows, and offers it to who reads', () => {
    begin('boot one\n');
    server.start('boot two\n');
    server.append('goes on\n');
    expect(text()).toBe('boot two\ngoes on\n');
    expect(view()).toMatchObject({ boot: 2, newerBoot: null });

    session.follow(false);
    server.start('boot three\n');
    server.accept();
    expect(text()).toBe('boot two\ngoes on\n');
    expect(view()).toMatchObject({ boot: 2, newerBoot: 3 });
    session.show(SERIAL);
    server.accept();
    expect(text()).toBe('boot three\n');
  });

  it('shows the new boot when the VM was started again while the connection was away', async () => {
    begin('boot one\n');
    FakeWebSocket.latest().fail();
    server.start('boot two\n');
    await vi.advanceTimersByTimeAsync(1_000);
    server.accept();
    server.accept();
    expect(text()).toBe('boot two\n');
  });

  it('takes what there is when the boot that was read has been dropped', () => {
    begin('boot one\n');
    session.follow(false);
    server.start('boot two\n');
    server.runs.shift();
    server.accept();
    expect(view()).toMatchObject({ boot: 2 });
    expect(text()).toBe('boot two\n');
  });

  it('opens at the line of a link', () => {
    begin(lines(10_000), { channel: 'serial', boot: 1, at: 500_000 });
    expect(new URL(FakeWebSocket.latest().url).searchParams.get('boot')).toBe('1');
    settle();
    const { window, focus, following } = view();
    expect(focus).toEqual({ position: 500_000 });
    expect(window.lines[window.lineAt(500_000)]?.raw).toMatch(/^500000 /);
    expect(following).toBe(false);
    expect(view().unread).toBe(0);
    expectTrue();
  });

  it('opens at the nearest line that is kept, and at the end for a link beyond it', () => {
    begin(lines(10_000), { channel: 'serial', boot: 1, at: 99_999_999 });
    settle();
    expect(view().window.end).toBe(1_000_000);
    session.show({ channel: 'serial', boot: 1, at: 5 });
    server.runs[0] = { ...server.newest, start: 300_000 };
    server.accept();
    settle();
    expect(view().window.start).toBe(300_000);
    expect(view().focus).toEqual({ position: 300_000 });
    expectTrue();
  });

  it('has the server search what is not in the page, piece by piece, and shows the line', () => {
    begin(lines(1_000) + 'a Kernel PANIC\n' + lines(50_000));
    const { window } = view();
    session.find('kernel panic', window.start);
    expect(view().search).toMatchObject({ state: 'searching' });
    FakeWebSocket.latest().tell({ type: 'found', position: null, line: '', searched_to: 300_000 });
    expect(FakeWebSocket.latest().sent.at(-1)).toBe('{"type":"find","text":"kernel panic","before":300000}');
    settle();
    expect(view()).toMatchObject({
      search: { state: 'found' },
      focus: { position: 100_000 },
      following: false,
    });
    session.find('nowhere', 100_000);
    settle();
    expect(view().search).toMatchObject({ state: 'nothing' });
  });

  it('asks no further when the search was ended, or the connection lost', () => {
    begin(lines(10));
    session.find('x', 500);
    session.endSearch();
    FakeWebSocket.latest().tell({ type: 'found', position: null, line: '', searched_to: 300 });
    expect(FakeWebSocket.latest().sent).toHaveLength(1);
    session.find('x', 500);
    FakeWebSocket.latest().fail();
    expect(view()).toMatchObject({ search: null, complaint: 'The connection was lost during the search.' });
  });

  it('says what the server refused, and why it was closed', () => {
    begin('');
    session.find('x', 1);
    FakeWebSocket.latest().tell({ type: 'refused', message: 'text: at most 200 characters' });
    expect(view()).toMatchObject({ complaint: 'text: at most 200 characters', search: null });
    FakeWebSocket.latest().fail(4404, 'no such VM');
    expect(view().refusal).toEqual({ code: 4404, reason: 'no such VM' });
  });

  it('asks for nothing before somebody looks, and stays as it is for who comes back', () => {
    session = new LogSession('vm-1');
    session.start();
    expect(FakeWebSocket.opened).toEqual([]);
    begin(lines(10_000));
    session.loadOlder();
    settle();
    const { window } = view();
    session.visit({ ...SERIAL });
    expect(FakeWebSocket.opened).toHaveLength(1);
    session.visit({ ...SERIAL, at: window.start });
    expect(view()).toMatchObject({ window, focus: { position: window.start } });
    expect(FakeWebSocket.opened).toHaveLength(1);
  });

  it('shows another channel in place of this one', () => {
    begin('serial\n');
    session.show({ ...SERIAL, channel: 'stderr' });
    expect(FakeWebSocket.latest().url).toMatch(/\/ws\/logs\/vm-1\?ch=stderr$/);
    expect(view()).toMatchObject({ boot: null, channel: 'stderr', window: { lines: [] } });
  });
});
