import { isServerUp } from '@/api/health';
import { goToLogin } from '@/lib/login';
import { socketAddress } from './address';
import { OVERLAP_BYTES, parseLogMessage, PIECE_BYTES, REJOIN_BYTES, type LogMessage } from './logMessages';
import { fresh, NEWEST, resumed, samePlace, type LogPlace, type LogView } from './logView';
import { LogWindow, newlines } from './logWindow';
import { Notices } from './notices';
import { onReturn } from './returning';
import { LiveSocket, type Connection } from './socket';

type Request = { kind: 'older' | 'newer' } | { kind: 'place'; at: number };
type Hello = Extract<LogMessage, { type: 'hello' }>;

/**
 * One reader of a VM's logs: a bounded window on one of them, that follows its end or stays where it was scrolled to,
 * loads what is around it, and goes on where it was after the connection was lost.
 */
export class LogSession {
  private readonly socket: LiveSocket;
  private readonly notices = new Notices();
  private forgetReturns: () => void = () => undefined;
  private place: LogPlace = NEWEST;
  private state = fresh(NEWEST);
  private shown = this.state;
  /** The boot that was asked for; null is the newest. */
  private wanted: number | null = null;
  /** What was asked for last; while a link's line is being gone to, `place` still says which. */
  private target: LogPlace | null = null;
  /** Where the next live byte belongs; null before the first hello of what is looked at. */
  private live: number | null = null;
  /** The boot that this connection was opened for, where it was for a certain one. */
  private asked: number | null = null;
  /** Lines before it have been seen, or counted. */
  private countFrom = 0;
  /** What lies before it is being caught up with, and may push older lines out. */
  private catchUpTo = 0;
  /** What was asked and not answered yet; the server answers in order. */
  private requests: Request[] = [];
  private piece: { position: number; before: number } | null = null;

  constructor(private readonly vmId: string) {
    this.socket = new LiveSocket({
      url: () => this.address(),
      onFrame: (frame) => this.hear(parseLogMessage(frame)),
      onBytes: (bytes) => this.receive(bytes),
      onConnection: (connection) => this.connected(connection),
      isUp: isServerUp,
      onStranger: () => goToLogin(),
      onRefused: (refusal) => this.change({ refusal }),
    });
  }

  readonly subscribe = (listener: () => void): (() => void) => this.notices.subscribe(listener);
  readonly view = (): LogView => this.shown;

  /** Nothing is asked of the server until somebody says what is looked at. */
  start(): void {
    this.forgetReturns = onReturn(() => this.socket.nudge());
  }

  stop(): void {
    this.forgetReturns();
    this.socket.stop();
    this.notices.stop();
  }

  /** As `show`, unless that is what was asked for last: then everything stays as it is. */
  visit(place: LogPlace): void {
    const { target } = this;
    if (target && samePlace(place, target)) return;
    if (target && place.at !== null && samePlace({ ...place, at: target.at }, target)) {
      this.target = place;
      this.goTo(place.at);
    } else {
      this.show(place);
      this.socket.start();
    }
  }

  /** Looks at something else. */
  show(place: LogPlace): void {
    this.target = this.place = place;
    this.wanted = place.boot;
    this.live = null;
    this.forgetRequests();
    this.change({ ...fresh(place), connection: this.state.connection });
    this.socket.reopen();
  }

  /** Whether what is new is to be shown as it comes; going back to that jumps to the end. */
  follow(following: boolean): void {
    if (following === this.state.following) return;
    if (!following) this.countFrom = this.state.end;
    this.change({ following, unread: 0 });
    if (following && !this.state.atEnd) this.show({ ...this.place, at: null });
  }

  loadOlder(): void {
    const { window, kept, boot } = this.state;
    if (boot !== null && window.start > kept) this.ask({ kind: 'older' }, window.start, PIECE_BYTES);
  }

  loadNewer(): void {
    const { window, end, atEnd, boot } = this.state;
    if (atEnd || boot === null || this.requests.length) return;
    if (end - window.end <= REJOIN_BYTES) {
      // What the connection tells goes on at the log's end: it is opened anew, to go on from here.
      this.live = window.end;
      this.countFrom = this.catchUpTo = end;
      this.socket.reopen();
    } else {
      const before = Math.min(end, window.end + PIECE_BYTES);
      this.ask({ kind: 'newer' }, before, before - window.end + OVERLAP_BYTES);
    }
  }

  /** Shows the line of that byte. */
  goTo(position: number): void {
    const { window, kept, end } = this.state;
    if (position >= window.start && position < window.end) this.change({ focus: { position } });
    else {
      const before = Math.min(end, Math.max(position, kept) + PIECE_BYTES / 2);
      this.ask({ kind: 'place', at: position }, before, PIECE_BYTES);
    }
  }

  /** Has the server look for the last line before that position which contains the text, and shows it. */
  find(text: string, before: number): void {
    this.change({ search: { text, state: 'searching', searchedTo: before }, complaint: null });
    this.send({ type: 'find', text, before });
  }

  endSearch(): void {
    if (this.state.search) this.change({ search: null });
  }

  private address(): string {
    const { boot, channel } = this.state;
    const resumed = this.live !== null && boot !== null;
    this.asked = resumed ? boot : this.wanted;
    return socketAddress(`/ws/logs/${encodeURIComponent(this.vmId)}`, {
      ch: channel,
      boot: this.asked,
      position: resumed ? this.live : null,
    });
  }

  private connected(connection: Connection): void {
    // What was asked on a lost connection is never answered.
    this.forgetRequests();
    const interrupted = this.state.search?.state === 'searching';
    this.change({
      connection,
      loading: false,
      ...(interrupted ? { search: null, complaint: 'The connection was lost during the search.' } : {}),
    });
  }

  private hear(message: LogMessage): void {
    switch (message.type) {
      case 'hello':
        this.greeted(message);
        break;
      case 'piece':
        this.piece = message;
        // Nothing is there: no bytes need to be waited for.
        if (message.position >= message.before) this.placePiece(message, new Uint8Array());
        break;
      case 'found':
        this.found(message.position, message.searched_to);
        break;
      case 'refused':
        this.forgetRequests();
        this.change({ complaint: message.message, loading: false, search: null });
        break;
      case 'pong':
    }
  }

  private greeted(hello: Hello): void {
    const { boot, following } = this.state;
    const newest = hello.boots.find(({ current }) => current)?.boot ?? hello.boot;
    const another = boot !== null && hello.boot !== boot;
    if (another && !following && this.asked !== boot) {
      // Whoever reads an older boot goes on reading it, if it is still there.
      this.socket.reopen();
      return;
    }
    this.forgetRequests();
    const restarted = this.wanted === null && newest !== hello.boot;
    const window = another || this.live === null ? LogWindow.at(hello.position) : resumed(this.state, hello);
    this.live = hello.position;
    // What was there before is no news.
    if (this.state.boot === null) this.countFrom = hello.end;
    this.change({
      boot: hello.boot,
      boots: hello.boots,
      kept: hello.start,
      end: hello.end,
      window,
      loading: false,
      newerBoot: restarted ? newest : null,
    });
    if (restarted && following) this.show({ ...this.place, at: null });
    else if (this.place.at !== null) this.arrive(this.place.at);
  }

  /** Opened at a link to a line. */
  private arrive(at: number): void {
    this.place = { ...this.place, at: null };
    this.goTo(at);
  }

  private receive(bytes: Uint8Array): void {
    if (this.piece) this.placePiece(this.piece, bytes);
    else if (this.live !== null) this.grow(this.live, bytes);
  }

  private grow(from: number, bytes: Uint8Array): void {
    const { following, window, end, unread } = this.state;
    const live = from + bytes.length;
    this.live = live;
    const givesWay = following || from < this.catchUpTo;
    const counted = Math.max(0, this.countFrom - from);
    this.change({
      window: window.withLive(from, bytes, givesWay),
      end: Math.max(end, live),
      unread: following ? 0 : unread + newlines(bytes.subarray(counted)),
    });
  }

  private placePiece({ position, before }: { position: number; before: number }, bytes: Uint8Array): void {
    const request = this.requests.shift();
    const { window } = this.state;
    this.piece = null;
    if (request?.kind === 'older' && before === window.start) {
      // A window that follows its end stays at it.
      const grown = window.withEarlier(bytes);
      const bounded = this.state.following ? grown.withoutOldest() : grown.withoutNewest();
      // What the server no longer has can't be asked for again and again.
      const kept = bytes.length === 0 ? window.start : this.state.kept;
      this.change({ window: bounded, kept, loading: false });
    } else if (request?.kind === 'newer' && position <= window.end && window.end <= before) {
      this.change({
        window: window.with(bytes.subarray(window.end - position)).withoutOldest(),
        loading: false,
      });
    } else if (request?.kind === 'place') {
      this.countFrom = this.state.end;
      const focus = { position: Math.max(request.at, position) };
      this.change({
        window: LogWindow.of(position, bytes),
        loading: false,
        following: false,
        unread: 0,
        focus,
      });
    } else {
      this.change({ loading: false });
    }
  }

  private found(position: number | null, searchedTo: number | undefined): void {
    const { search } = this.state;
    if (search?.state !== 'searching') return;
    if (position !== null) {
      this.change({ search: { ...search, state: 'found', searchedTo: position } });
      this.goTo(position);
    } else if (searchedTo !== undefined && searchedTo < search.searchedTo) {
      this.find(search.text, searchedTo);
    } else {
      this.change({ search: { ...search, state: 'nothing' } });
    }
  }

  private ask(request: Request, before: number, bytes: number): void {
    // A place is where somebody wants to be now; what was being loaded around the old one is of no use.
    if (this.requests.length && request.kind !== 'place') return;
    if (before <= 0 || !this.send({ type: 'read', before, bytes: Math.min(bytes, before) })) return;
    this.requests.push(request);
    this.change({ loading: true, complaint: null });
  }

  private forgetRequests(): void {
    this.requests = [];
    this.piece = null;
  }

  private send(message: object): boolean {
    return this.socket.send(JSON.stringify(message));
  }

  private change(part: Partial<LogView>): void {
    const next = { ...this.state, ...part };
    this.state = { ...next, atEnd: this.live !== null && next.window.end === this.live };
    this.notices.soon(() => {
      this.shown = this.state;
    });
  }
}
