import { styleAfter } from '@/lib/ansi/line';
import { PLAIN, sameStyle, type Style } from '@/lib/ansi/style';

/** A line of a log, or a piece of one that is very long. Positions and sizes are in bytes of the log. */
export interface LogLine {
  position: number;
  size: number;
  /** Without the newline, with everything else that the guest wrote. */
  raw: string;
  /** The style that was in force where it begins. */
  before: Style;
  /** The log's next line goes on with it: it was cut for its length, or hasn't ended yet. */
  open: boolean;
}

/** What is kept of a log in the page, whatever its size. */
export const MAX_BYTES = 5 << 20;
export const MAX_LINES = 50_000;
/** Longer ones are cut into pieces, so that none costs more than a screenful. */
export const LONGEST_LINE = 8 << 10;

const NEWLINE = 10;
const decoder = new TextDecoder();

/** One stretch of a log, as lines. It grows at both ends, and gives way at the other one. Every change is a new value. */
export class LogWindow {
  private constructor(
    readonly start: number,
    readonly end: number,
    readonly lines: readonly LogLine[],
    /** The last line's bytes, as long as it hasn't ended. */
    private readonly rest: Uint8Array,
  ) {}

  static at(position: number): LogWindow {
    return new LogWindow(position, position, [], new Uint8Array());
  }

  static of(position: number, bytes: Uint8Array): LogWindow {
    return LogWindow.at(position).with(bytes);
  }

  get isFull(): boolean {
    return this.end - this.start >= MAX_BYTES || this.lines.length >= MAX_LINES;
  }

  /** Grown by what follows. */
  with(bytes: Uint8Array): LogWindow {
    if (bytes.length === 0) return this;
    const kept = this.rest.length ? this.lines.slice(0, -1) : this.lines;
    const data = joined(this.rest, bytes);
    const last = kept.at(-1);
    const before = last ? styleAfter(last.raw, last.before) : (this.lines[0]?.before ?? PLAIN);
    const { lines, rest } = cut(this.end - this.rest.length, data, before);
    return new LogWindow(this.start, this.end + bytes.length, [...kept, ...lines], rest);
  }

  /**
   * Grown by bytes from the log's end, if they go on where this ends. What gives way loses its oldest lines for them;
   * what doesn't, because somebody reads them, grows only until it is full.
   */
  withLive(from: number, bytes: Uint8Array, givesWay: boolean): LogWindow {
    const reaches = this.end >= from && this.end <= from + bytes.length;
    if (!reaches || (this.isFull && !givesWay)) return this;
    const grown = this.with(bytes.subarray(this.end - from));
    return givesWay ? grown.withoutOldest() : grown;
  }

  /** Grown by what came before; it must begin where a line does, and end where this begins. */
  withEarlier(bytes: Uint8Array): LogWindow {
    const position = this.start - bytes.length;
    const { lines, style } = cut(position, bytes, PLAIN);
    return new LogWindow(position, this.end, [...lines, ...restyled(this.lines, style)], this.rest);
  }

  /** Bounded, without the oldest lines. */
  withoutOldest(): LogWindow {
    const { lines } = this;
    let from = Math.max(0, lines.length - MAX_LINES);
    while (from < lines.length && this.end - (lines[from]?.position ?? this.end) > MAX_BYTES) from += 1;
    if (from === 0) return this;
    return new LogWindow(lines[from]?.position ?? this.end, this.end, lines.slice(from), this.rest);
  }

  /** Bounded, without the newest lines; its end is where a line begins. */
  withoutNewest(): LogWindow {
    const { lines } = this;
    let to = Math.min(lines.length, MAX_LINES);
    const endOf = (line: LogLine | undefined): number => (line ? line.position + line.size : this.start);
    while (to > 0 && endOf(lines[to - 1]) - this.start > MAX_BYTES) to -= 1;
    if (to === lines.length) return this;
    return new LogWindow(this.start, endOf(lines[to - 1]), lines.slice(0, to), new Uint8Array());
  }

  /** The index of the line that holds that byte, or of the nearest one; -1 if there is none. */
  lineAt(position: number): number {
    let low = 0;
    let high = this.lines.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.lines[middle]?.position ?? 0) <= position) low = middle + 1;
      else high = middle;
    }
    return Math.min(Math.max(0, low - 1), this.lines.length - 1);
  }
}

/** Lines of bytes that begin where a line does; the last one is open where no newline ends it. */
function cut(
  position: number,
  bytes: Uint8Array,
  before: Style,
): { lines: LogLine[]; rest: Uint8Array; style: Style } {
  const lines: LogLine[] = [];
  let style = before;
  let from = 0;
  while (from < bytes.length) {
    const to = endOfLine(bytes, from);
    const ended = bytes[to - 1] === NEWLINE;
    const raw = decoder.decode(bytes.subarray(from, ended ? to - 1 : to));
    lines.push({ position: position + from, size: to - from, raw, before: style, open: !ended });
    style = styleAfter(raw, style);
    if (!ended && to === bytes.length) return { lines, rest: bytes.slice(from), style };
    from = to;
  }
  return { lines, rest: new Uint8Array(), style };
}

/** Where the line that begins there ends, its newline included; or where it is long enough. */
function endOfLine(bytes: Uint8Array, from: number): number {
  const newline = bytes.indexOf(NEWLINE, from);
  const end = newline === -1 ? bytes.length : newline + 1;
  // A newline right behind the longest line still belongs to it.
  if (end - from <= LONGEST_LINE + (newline === -1 ? 0 : 1)) return end;
  let to = from + LONGEST_LINE;
  // No sign of several bytes is cut in two: those that go on with one are 10xxxxxx.
  for (let back = 0; back < 3 && ((bytes[to] ?? 0) & 0xc0) === 0x80; back += 1) to -= 1;
  return to;
}

/** The lines as they are when another style is in force before them. */
function restyled(lines: readonly LogLine[], before: Style): readonly LogLine[] {
  let style = before;
  let changed = 0;
  const anew: LogLine[] = [];
  for (const line of lines) {
    if (sameStyle(line.before, style)) break;
    anew.push({ ...line, before: style });
    style = styleAfter(line.raw, style);
    changed += 1;
  }
  return changed ? [...anew, ...lines.slice(changed)] : lines;
}

function joined(one: Uint8Array, other: Uint8Array): Uint8Array {
  if (one.length === 0) return other;
  const both = new Uint8Array(one.length + other.length);
  both.set(one);
  both.set(other, one.length);
  return both;
}

/** How many lines end in it. */
export function newlines(bytes: Uint8Array): number {
  let count = 0;
  for (let at = bytes.indexOf(NEWLINE); at !== -1; at = bytes.indexOf(NEWLINE, at + 1)) count += 1;
  return count;
}
