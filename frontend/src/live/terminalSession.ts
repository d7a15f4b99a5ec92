import { isServerUp } from '@/api/health';
import { goToLogin } from '@/lib/login';
import { formatBytes } from '@/lib/size';
import { socketAddress } from './address';
import { Backlog } from './backlog';
import { Notices } from './notices';
import { onReturn } from './returning';
import { LiveSocket, type Connection, type Refusal } from './socket';
import { MOST_TYPED, parseTerminalMessage, type TerminalMessage, type Viewer } from './terminalMessages';

/** Where a session prints. */
export interface Screen {
  /** What the guest wrote; `done` is called once it is on the screen. */
  print: (bytes: Uint8Array, done: () => void) => void;
  /** A line of the console's own. Whatever the guest left open, a colour or a mode, ends before it. */
  divide: (words: string) => void;
}

/** All that can be seen of a session besides its screen; a new value with every change. */
export interface TerminalView {
  connection: Connection;
  /** The server has closed it for good. */
  refusal: Refusal | null;
  /** The server's answer to what was typed or asked last, where it was no. */
  complaint: string | null;
  /** Which start of the VM is shown; null until the server has said. */
  boot: number | null;
  running: boolean;
  viewers: readonly Viewer[];
  /** This browser among them. */
  me: number | null;
  /** Who has taken the keyboard for themselves. */
  typist: number | null;
  /** What is typed here is heard: who looks may type, the VM runs, and nobody else has the keyboard. */
  mayType: boolean;
}

type Hello = Extract<TerminalMessage, { type: 'hello' }>;

const EARLIER = 'Earlier output is in the logs';

/**
 * One viewer of a VM's serial console. Knows how far it has come, and goes on there after the connection was lost:
 * no byte is shown twice, and what is missing is said.
 */
export class TerminalSession {
  private readonly socket: LiveSocket;
  private readonly notices = new Notices();
  private readonly backlog: Backlog;
  private forgetReturns: () => void = () => undefined;
  private state: TerminalView = {
    connection: { phase: 'connecting' },
    refusal: null,
    complaint: null,
    boot: null,
    running: false,
    viewers: [],
    me: null,
    typist: null,
    mayType: false,
  };
  private shown = this.state;
  /** Where the next byte of this connection belongs. */
  private next = 0;
  /** Everything before it was shown, or said to be missing. */
  private position = 0;
  /** Bytes on the screen, all boots together. */
  private printed = 0;
  /** Among those, the last that were written before this connection was there. */
  private history = 0;

  constructor(
    private readonly vmId: string,
    private readonly screen: Screen,
  ) {
    this.backlog = new Backlog({
      print: (bytes, done) => {
        screen.print(bytes, () => {
          this.printed += bytes.length;
          done();
        });
      },
      skip: (bytes) => {
        this.printed += bytes;
        screen.divide(`${formatBytes(bytes)} left out: the guest writes faster than this page can show`);
      },
    });
    this.socket = new LiveSocket({
      url: () => this.address(),
      onFrame: (frame) => this.hear(parseTerminalMessage(frame)),
      onBytes: (bytes) => this.receive(bytes),
      onConnection: (connection) => this.change({ connection }),
      isUp: isServerUp,
      onStranger: () => goToLogin(),
      onRefused: (refusal) => this.change({ refusal }),
    });
  }

  readonly subscribe = (listener: () => void): (() => void) => this.notices.subscribe(listener);
  readonly view = (): TerminalView => this.shown;

  start(): void {
    this.forgetReturns = onReturn(() => this.socket.nudge());
    this.socket.start();
  }

  stop(): void {
    this.forgetReturns();
    this.socket.stop();
    this.notices.stop();
  }

  /** Sends keystrokes to the guest; false where nobody would hear them. */
  type(bytes: Uint8Array<ArrayBuffer>): boolean {
    if (!this.canType) return false;
    for (let at = 0; at < bytes.length; at += MOST_TYPED) {
      if (!this.socket.send(bytes.subarray(at, at + MOST_TYPED))) return false;
    }
    if (this.state.complaint !== null) this.change({ complaint: null });
    return true;
  }

  /** Takes the keyboard for oneself, so that what others type is not mixed in, or leaves it to everybody. */
  takeKeyboard(mine: boolean): void {
    this.socket.send(JSON.stringify({ type: 'keyboard', mine }));
  }

  /**
   * Whether this terminal is the one to answer what the guest asks of it now. What a guest asked before somebody
   * looked is answered by nobody, and of several viewers only one answers.
   */
  get answers(): boolean {
    const { viewers, typist, me } = this.state;
    const answerer = typist ?? viewers[0]?.id;
    return this.canType && this.printed >= this.history && answerer === me;
  }

  private get canType(): boolean {
    const { connection, running, mayType } = this.state;
    return connection.phase === 'online' && running && mayType;
  }

  private address(): string {
    const { boot } = this.state;
    const position = boot === null ? null : this.position;
    return socketAddress(`/ws/console/${encodeURIComponent(this.vmId)}`, { boot, position });
  }

  private hear(message: TerminalMessage): void {
    switch (message.type) {
      case 'hello':
        this.greeted(message);
        break;
      case 'state': {
        const { running, viewers, typist } = message;
        this.change({ running, viewers, typist, mayType: message.may_type });
        break;
      }
      case 'refused':
        this.change({ complaint: message.message });
        break;
      case 'pong':
    }
  }

  private greeted(hello: Hello): void {
    const { boot } = this.state;
    if (boot === null) {
      if (hello.position > 0) this.screen.divide(EARLIER);
    } else if (hello.boot !== boot) {
      this.screen.divide(hello.position > 0 ? `Started again. ${EARLIER}` : 'Started again');
    } else if (hello.position > this.position) {
      this.screen.divide(`${formatBytes(hello.position - this.position)} missing here: they are in the logs`);
    } else if (hello.end < this.position) {
      this.screen.divide('The log was cut here');
    }
    const goesOn = hello.boot === boot && hello.position <= this.position && this.position <= hello.end;
    this.next = hello.position;
    if (!goesOn) this.position = hello.position;
    this.history = this.printed + this.backlog.pending + hello.end - this.position;
    this.change({ boot: hello.boot, running: hello.running, me: hello.you });
  }

  private receive(bytes: Uint8Array): void {
    const known = Math.max(0, this.position - this.next);
    this.next += bytes.length;
    if (known >= bytes.length) return;
    this.position = this.next;
    this.backlog.push(bytes.subarray(known));
  }

  private change(part: Partial<TerminalView>): void {
    this.state = { ...this.state, ...part };
    this.notices.soon(() => {
      this.shown = this.state;
    });
  }
}
