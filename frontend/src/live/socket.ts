import { NOBODY_KNOWN } from '@/lib/login';

/** Close codes after which nothing changes by trying again: who asks may not, or there is no such thing. */
const FINAL = [4403, 4404];
/** Close code: what may be seen has changed; connect again, and see. */
const BEGIN_ANEW = 4409;

/** Why the server closed it for good, in its own words. */
export interface Refusal {
  code: number;
  reason: string;
}

/**
 * What is known of the connection; `since` is when it was found lost, in ms since 1970. `blocked`: the server answers,
 * but something on the way lets no websocket through. `refused`: it won't be tried again.
 */
export type Connection =
  | { phase: 'connecting' }
  | { phase: 'online' }
  | { phase: 'offline'; since: number }
  | { phase: 'blocked'; since: number }
  | { phase: 'refused'; reason: string };

export interface SocketOptions {
  /** Where to connect; asked anew each time, for it may say how far one has come. */
  url: () => string;
  /** A connection is there and nothing was said yet: what the server must know first can be sent. */
  onOpen?: () => void;
  onFrame: (frame: string) => void;
  onBytes?: (bytes: Uint8Array) => void;
  onConnection: (connection: Connection) => void;
  /** The server knows nobody here, or not any more; it is not tried again. */
  onStranger: () => void;
  /** What may be seen has changed; it is connected again at once. */
  onBeginAnew?: () => void;
  /**
   * Whether the server answers at all. Asked before each new try, which may then follow soon: browsers hold back
   * websockets that fail often, and a question by plain HTTP costs next to nothing.
   */
  isUp?: () => Promise<boolean>;
  /** The server won't have it, and trying again would not help; without this it is tried again like after any other close. */
  onRefused?: (refusal: Refusal) => void;
  /** A number in [0, 1); spreads the reconnects of many browsers after a restart of the server. */
  random?: () => number;
}

const FIRST_DELAY_MS = 500;
const LONGEST_DELAY_MS = 5_000;
/** The same where it is known before a try whether the server is back. */
const LONGEST_ASKING_DELAY_MS = 1_500;
/** The same where the server is there and websockets are not let through. */
const LONGEST_BLOCKED_DELAY_MS = 30_000;
/** So many websockets in a row that said nothing, of a server that answers, don't come through. */
const BLOCKED_AFTER = 2;
const PING_EVERY_MS = 15_000;
/** A frame of any kind must come within this time of a ping, or the connection counts as dead. */
const ANSWER_WITHIN_MS = 5_000;
/** A first frame of thousands of VMs, from a server that has just started, may take longer. */
const GREETING_WITHIN_MS = 10_000;
const PING = JSON.stringify({ type: 'ping' });

/**
 * A websocket that is always being kept open: it reconnects with growing, jittered delays, notices silent death
 * by pinging, and tries at once when told that the network or the page has come back. Knows nothing of React,
 * nor of what the frames mean.
 */
export class LiveSocket {
  private readonly options: SocketOptions;
  private readonly random: () => number;
  private socket: WebSocket | null = null;
  private phase: Connection['phase'] = 'connecting';
  private failures = 0;
  private hasSpoken = false;
  private silent = 0;
  private turn = 0;
  private stopped = true;
  private retryTimer: ReturnType<typeof setTimeout> | undefined;
  private pingTimer: ReturnType<typeof setInterval> | undefined;
  private deadline: ReturnType<typeof setTimeout> | undefined;

  constructor(options: SocketOptions) {
    this.options = options;
    this.random = options.random ?? Math.random;
  }

  start(): void {
    if (!this.stopped) return;
    this.stopped = false;
    this.phase = 'connecting';
    this.open();
  }

  stop(): void {
    this.stopped = true;
    this.discard();
  }

  /** Whether it was sent; what can't be sent now is not kept. */
  send(data: string | Uint8Array<ArrayBuffer>): boolean {
    if (this.socket?.readyState !== WebSocket.OPEN) return false;
    this.socket.send(data);
    return true;
  }

  /** Lets go of the connection and opens another, to where `url` says now. */
  reopen(): void {
    if (!this.stopped) this.open();
  }

  /** Something suggests that it may work now: don't sit out the delay, and don't trust an open connection. */
  nudge(): void {
    if (this.stopped) return;
    if (this.socket?.readyState === WebSocket.OPEN) {
      this.ping();
    } else if (this.socket?.readyState !== WebSocket.CONNECTING) {
      void this.retry();
    }
  }

  private async retry(): Promise<void> {
    const { isUp } = this.options;
    this.discard();
    const turn = this.turn;
    const up = isUp ? await isUp() : true;
    if (turn !== this.turn) return;
    if (up) {
      this.open();
    } else {
      this.silent = 0;
      this.lost();
    }
  }

  private open(): void {
    this.discard();
    this.hasSpoken = false;
    const socket = new WebSocket(this.options.url());
    socket.binaryType = 'arraybuffer';
    this.socket = socket;
    socket.onopen = () => {
      this.pingTimer = setInterval(() => this.ping(), PING_EVERY_MS);
      this.expectFrame(GREETING_WITHIN_MS);
      this.options.onOpen?.();
    };
    socket.onmessage = (event: MessageEvent<unknown>) => {
      this.heard();
      if (typeof event.data === 'string') this.options.onFrame(event.data);
      else this.options.onBytes?.(new Uint8Array(event.data as ArrayBuffer));
    };
    // An error is always followed by a close; a connection that is refused only closes.
    socket.onclose = (event) => this.closed(event);
    this.expectFrame(GREETING_WITHIN_MS);
  }

  private heard(): void {
    clearTimeout(this.deadline);
    // Only a frame proves the server works: one that accepts and closes must not be tried in a tight loop.
    this.failures = 0;
    this.hasSpoken = true;
    this.silent = 0;
    this.tell('online');
  }

  private closed({ code, reason }: Refusal): void {
    const { onStranger, onRefused } = this.options;
    if (code === NOBODY_KNOWN) {
      this.stop();
      onStranger();
    } else if (onRefused && FINAL.includes(code)) {
      this.stop();
      onRefused({ code, reason });
    } else if (code === BEGIN_ANEW && this.failures === 0) {
      this.options.onBeginAnew?.();
      // One that closes so again before it has said anything waits like any other.
      this.failures = 1;
      this.open();
    } else {
      this.fellSilent();
    }
  }

  /** A connection has ended, or was never made. */
  private fellSilent(): void {
    if (!this.hasSpoken) this.silent += 1;
    this.lost();
  }

  private lost(): void {
    this.discard();
    const blocked = this.options.isUp !== undefined && this.silent >= BLOCKED_AFTER;
    this.tell(blocked ? 'blocked' : 'offline');
    const longest = this.options.isUp ? LONGEST_ASKING_DELAY_MS : LONGEST_DELAY_MS;
    const ceiling = Math.min(
      blocked ? LONGEST_BLOCKED_DELAY_MS : longest,
      FIRST_DELAY_MS * 2 ** this.failures,
    );
    this.failures += 1;
    this.retryTimer = setTimeout(() => void this.retry(), ceiling * (0.5 + this.random() / 2));
  }

  /** Says how the connection is, if that is news. */
  private tell(phase: 'online' | 'offline' | 'blocked'): void {
    if (this.phase === phase) return;
    this.phase = phase;
    this.options.onConnection(phase === 'online' ? { phase } : { phase, since: Date.now() });
  }

  private ping(): void {
    this.send(PING);
    this.expectFrame(ANSWER_WITHIN_MS);
  }

  private expectFrame(withinMs: number): void {
    clearTimeout(this.deadline);
    this.deadline = setTimeout(() => this.fellSilent(), withinMs);
  }

  /** Forgets the current connection, so that nothing it still says is heard. */
  private discard(): void {
    this.turn += 1;
    clearTimeout(this.retryTimer);
    clearInterval(this.pingTimer);
    clearTimeout(this.deadline);
    const socket = this.socket;
    this.socket = null;
    if (!socket) return;
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close();
  }
}
