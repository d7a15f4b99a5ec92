import { goToLogin } from '@/lib/login';
import { extended, noSeries, type Point, type Series } from './series';
import { LiveSocket } from './socket';

/** What the host's own series is watched by; no VM has an empty id. */
export const HOST = '';

/** So many VMs one connection may watch (vms/live/figures.py); of more, those asked for last. */
export const MAX_WATCHED = 64;
/** A list that scrolls changes its mind many times before it is worth telling the server. */
const TELL_AFTER_MS = 150;
/** Who looks elsewhere for less than this finds the charts as they were. */
const KEPT_UNWATCHED_MS = 30_000;

type Listener = () => void;
type Message =
  | { type: 'history'; vm: string | null; columns: string[]; points: Point[] }
  | { type: 'points'; vms: Record<string, Point>; node: Point | null }
  | { type: 'unknown' | 'refused' | 'pong' };

interface Watched {
  series: Series;
  listeners: Set<Listener>;
  forget: ReturnType<typeof setTimeout> | undefined;
}

/**
 * The figures of whatever is looked at on this page, over one connection that exists only while something is
 * watched by a page that can be seen. Knows nothing of React.
 */
export class FiguresSession {
  private readonly watched = new Map<string, Watched>();
  private socket: LiveSocket | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private told = '';

  constructor(private readonly url: () => string) {
    document.addEventListener('visibilitychange', () => this.tellSoon());
  }

  /** Watches a VM by its id, or the `HOST`, until the returned function is called. */
  watch(key: string, listener: Listener): () => void {
    const watched: Watched = this.watched.get(key) ?? {
      series: noSeries,
      listeners: new Set(),
      forget: undefined,
    };
    clearTimeout(watched.forget);
    watched.listeners.add(listener);
    // Put last: of too many the newest are kept.
    this.watched.delete(key);
    this.watched.set(key, watched);
    this.tellSoon();
    return () => this.unwatch(key, watched, listener);
  }

  /** What is known of it: the same object until something new comes. */
  series(key: string): Series {
    return this.watched.get(key)?.series ?? noSeries;
  }

  private unwatch(key: string, watched: Watched, listener: Listener): void {
    watched.listeners.delete(listener);
    if (watched.listeners.size > 0) return;
    watched.forget = setTimeout(() => this.watched.delete(key), KEPT_UNWATCHED_MS);
    this.tellSoon();
  }

  private tellSoon(): void {
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      this.tell();
    }, TELL_AFTER_MS);
  }

  /** Tells the server what is wanted now, if that is something else than before. */
  private tell(): void {
    const keys = document.hidden ? [] : [...this.watched].filter(([, { listeners }]) => listeners.size > 0);
    if (keys.length === 0) {
      this.socket?.stop();
      this.socket = null;
      return;
    }
    const vms = keys.map(([key]) => key).filter((key) => key !== HOST);
    const wanted = { type: 'watch', vms: vms.slice(-MAX_WATCHED), node: vms.length < keys.length };
    this.say(JSON.stringify(wanted));
  }

  private say(wanted: string): void {
    const isNew = wanted !== this.told;
    this.told = wanted;
    if (this.socket) {
      if (isNew) this.socket.send(wanted);
      return;
    }
    this.socket = new LiveSocket({
      url: this.url,
      onOpen: () => this.socket?.send(this.told),
      onFrame: (frame) => this.heard(JSON.parse(frame) as Message),
      // The page's own banner tells of a lost server; charts show a gap.
      onConnection: () => undefined,
      onStranger: () => goToLogin(),
      onRefused: () => undefined,
    });
    this.socket.start();
  }

  private heard(message: Message): void {
    if (message.type === 'history') this.extend(message.vm ?? HOST, message.points, message.columns);
    if (message.type !== 'points') return;
    for (const [id, point] of Object.entries(message.vms)) this.extend(id, [point]);
    if (message.node) this.extend(HOST, [message.node]);
  }

  private extend(key: string, points: Point[], columns?: string[]): void {
    const watched = this.watched.get(key);
    if (!watched) return;
    watched.series = extended(watched.series, columns ?? watched.series.columns, points);
    for (const listener of watched.listeners) listener();
  }
}

export const figures = new FiguresSession(() => {
  const { protocol, host } = window.location;
  return `${protocol === 'https:' ? 'wss:' : 'ws:'}//${host}/ws/figures`;
});
