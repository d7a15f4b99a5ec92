import { FakeWebSocket } from './fakeWebSocket';

interface Run {
  boot: number;
  text: string;
  /** The first byte that is still kept. */
  start: number;
}

const TAIL = 256 << 10;
const REJOIN = 1 << 20;

/** The server's end of /ws/logs over fake sockets, by its contract; texts are ASCII, so that a byte is a sign. */
export class FakeLogServer {
  readonly runs: Run[];
  private socket: FakeWebSocket | null = null;
  private told = 0;
  private boot = 0;
  private pinned = false;
  private answered = 0;

  constructor(text: string, boot = 1) {
    this.runs = [{ boot, text, start: 0 }];
  }

  /** Takes the newest connection, and says hello. */
  accept(): void {
    const socket = FakeWebSocket.latest();
    const asked = new URL(socket.url).searchParams;
    this.socket = socket;
    this.answered = 0;
    socket.accept();
    const run = this.runs.find(({ boot }) => String(boot) === asked.get('boot')) ?? this.newest;
    this.pinned = asked.has('boot') && run !== this.newest;
    const place = String(run.boot) === asked.get('boot') ? asked.get('position') : null;
    this.greet(run, place === null ? null : Number(place));
  }

  append(text: string): void {
    this.newest.text += text;
    this.flush();
  }

  /** The VM was started again. */
  start(text = ''): void {
    const run = { boot: this.newest.boot + 1, text, start: 0 };
    this.runs.push(run);
    if (this.socket && !this.pinned) this.greet(run, 0);
  }

  /** Answers what was asked since. */
  answer(): void {
    const socket = this.socket;
    if (!socket) return;
    const questions = socket.sent.slice(this.answered);
    this.answered = socket.sent.length;
    for (const sent of questions) {
      const message = JSON.parse(String(sent)) as {
        type: string;
        before: number;
        bytes: number;
        text: string;
      };
      if (message.type === 'read') this.read(message.before, message.bytes);
      if (message.type === 'find') this.find(message.text, message.before);
    }
  }

  get newest(): Run {
    const run = this.runs.at(-1);
    if (!run) throw new Error('there is always a run');
    return run;
  }

  private get run(): Run {
    return this.runs.find(({ boot }) => boot === this.boot) ?? this.newest;
  }

  private greet(run: Run, position: number | null): void {
    const end = run.text.length;
    const goesOn = position !== null && position >= run.start && position <= end && end - position <= REJOIN;
    const tail = Math.max(run.start, end - TAIL);
    const line = tail === 0 ? 0 : run.text.indexOf('\n', tail - 1) + 1;
    this.told = goesOn ? position : line;
    this.boot = run.boot;
    this.socket?.tell({
      type: 'hello',
      channel: 'serial',
      boot: run.boot,
      start: run.start,
      position: this.told,
      end,
      boots: this.runs.map(({ boot, text }) => ({
        boot,
        began_at: null,
        size: text.length,
        current: boot === this.newest.boot,
      })),
    });
    this.flush();
  }

  private flush(): void {
    const { text } = this.run;
    if (this.told === text.length) return;
    this.socket?.print(text.slice(this.told));
    this.told = text.length;
  }

  private read(before: number, bytes: number): void {
    const { text, start } = this.run;
    const from = Math.max(start, before - bytes);
    const newline = from === start ? from - 1 : text.indexOf('\n', from - 1);
    const position = newline !== -1 && newline + 1 < before ? newline + 1 : Math.min(from, before);
    this.socket?.tell({ type: 'piece', position, before });
    this.socket?.print(text.slice(position, before));
  }

  private find(text: string, before: number): void {
    const { text: log, start } = this.run;
    const at = log.slice(start, before).toLowerCase().lastIndexOf(text.toLowerCase());
    const position = at === -1 ? null : log.lastIndexOf('\n', start + at) + 1;
    const line = position === null ? '' : (log.slice(position).split('\n')[0] ?? '');
    this.socket?.tell({ type: 'found', position, line });
  }
}
