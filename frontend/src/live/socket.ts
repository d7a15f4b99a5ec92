import { NOBODY_KNOWN } from '@/lib/login';

/** What is known of the connection; `since` is when it was found lost, in ms since 1970. */
export type Connection = { phase: 'connecting' } | { phase: 'online' } | { phase: 'offline'; since: number };

export interface SocketOptions {
  url: string;
  onFrame: (frame: string) => void;
  onConnection: (connection: Connection) => void;
  /** The server knows nobody here, or not any more; it is not tried again. */
  onStranger: () => void;
  /** A number in [0, 1); spreads the reconnects of many browsers after a restart of the server. */
  random?: () => number;
}

const FIRST_DELAY_MS = 500;
const LONGEST_DELAY_MS = 5_000;
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
export class StatusSocket {
  private readonly options: Required<SocketOptions>;
  private socket: WebSocket | null = null;
  private phase: Connection['phase'] = 'connecting';
  private failures = 0;
  private stopped = true;
  private retryTimer: ReturnType<typeof setTimeout> | undefined;
  private pingTimer: ReturnType<typeof setInterval> | undefined;
  private deadline: ReturnType<typeof setTimeout> | undefined;

  constructor(options: SocketOptions) {
    this.options = { random: Math.random, ...options };
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

  /** Something suggests that it may work now: don't sit out the delay, and don't trust an open connection. */
  nudge(): void {
    if (this.stopped) return;
    if (this.socket?.readyState === WebSocket.OPEN) {
      this.ping();
    } else if (this.socket?.readyState !== WebSocket.CONNECTING) {
      this.open();
    }
  }

  private open(): void {
    this.discard();
    const socket = new WebSocket(this.options.url);
    this.socket = socket;
    socket.onopen = () => {
      this.pingTimer = setInterval(() => this.ping(), PING_EVERY_MS);
      this.expectFrame(GREETING_WITHIN_MS);
    };
    socket.onmessage = (event: MessageEvent<unknown>) => {
      this.heard();
      if (typeof event.data === 'string') this.options.onFrame(event.data);
    };
    // An error is always followed by a close; a connection that is refused only closes.
    socket.onclose = (event) => (event.code === NOBODY_KNOWN ? this.turnedAway() : this.lost());
    this.expectFrame(GREETING_WITHIN_MS);
  }

  private heard(): void {
    clearTimeout(this.deadline);
    // Only a frame proves the server works: one that accepts and closes must not be tried in a tight loop.
    this.failures = 0;
    if (this.phase === 'online') return;
    this.phase = 'online';
    this.options.onConnection({ phase: 'online' });
  }

  private turnedAway(): void {
    this.stop();
    this.options.onStranger();
  }

  private lost(): void {
    this.discard();
    if (this.phase !== 'offline') {
      this.phase = 'offline';
      this.options.onConnection({ phase: 'offline', since: Date.now() });
    }
    const ceiling = Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** this.failures);
    this.failures += 1;
    this.retryTimer = setTimeout(() => this.open(), ceiling * (0.5 + this.options.random() / 2));
  }

  private ping(): void {
    this.socket?.send(PING);
    this.expectFrame(ANSWER_WITHIN_MS);
  }

  private expectFrame(withinMs: number): void {
    clearTimeout(this.deadline);
    this.deadline = setTimeout(() => this.lost(), withinMs);
  }

  /** Forgets the current connection, so that nothing it still says is heard. */
  private discard(): void {
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
