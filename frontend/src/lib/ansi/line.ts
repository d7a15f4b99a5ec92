import { applySgr, sameStyle, type Style } from './style';

/** A stretch of text in one style. */
export interface Segment {
  text: string;
  style: Style;
}

const TAB = 8;
/** A cursor can be sent no further to the right than this; a line of text may be longer. */
const FARTHEST_MOVE = 1_000;

// ECMA-48: control sequences; command strings, which end with ST (an operating system's also with BEL); others.
const escapes = [
  String.raw`\[[0-?]*[ -/]*[@-~]`,
  String.raw`\][^\u0007\u001b]*(?:\u0007|\u001b\\)`,
  String.raw`[PX^_][^\u001b]*\u001b\\`,
  String.raw`[ -/]+[0-~]`,
  String.raw`[0-OQ-WYZ\\${'`'}-~]`,
];
const escape = new RegExp(String.raw`\u001b(?:${escapes.join('|')})`, 'y');
const sgr = new RegExp(String.raw`\u001b\[([0-9;:]*)m`, 'g');
const plain = new RegExp(
  String.raw`^[^\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]*$`,
  'u',
);
const controls = new RegExp(String.raw`[\u0000-\u001f\u007f-\u009f]`, 'u');
/** They would have a line read in another order than it was written. */
const directions = new RegExp(String.raw`[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]`, 'u');

/** The style in force after a line, of which only the colours matter to the next one. */
export function styleAfter(raw: string, before: Style): Style {
  let style = before;
  if (!raw.includes('\u001b')) return style;
  for (const [, parameters = ''] of raw.matchAll(sgr)) style = applySgr(style, parameters);
  return style;
}

/**
 * A line of a log as a terminal would show it, roughly: colours, carriage returns, backspaces, tabs, and moving and
 * erasing within the line. Every other control is left out.
 */
export function renderLine(raw: string, before: Style): Segment[] {
  if (raw === '') return [];
  return plain.test(raw) ? [{ text: raw, style: before }] : new LineScreen(before).write(raw).segments();
}

/** One row of a terminal, without a right edge. */
class LineScreen {
  private readonly signs: string[] = [];
  private readonly styles: Style[] = [];
  private column = 0;

  constructor(private style: Style) {}

  write(raw: string): this {
    for (let at = 0; at < raw.length;) {
      escape.lastIndex = at;
      const sequence = raw[at] === '\u001b' ? escape.exec(raw)?.[0] : undefined;
      if (sequence !== undefined) {
        this.obey(sequence);
        at += sequence.length;
      } else {
        const sign = String.fromCodePoint(raw.codePointAt(at) ?? 0);
        this.put(sign);
        at += sign.length;
      }
    }
    return this;
  }

  segments(): Segment[] {
    const found: Segment[] = [];
    this.signs.forEach((sign, at) => {
      const style = this.styles[at] ?? this.style;
      const last = found.at(-1);
      if (last && sameStyle(last.style, style)) last.text += sign;
      else found.push({ text: sign, style });
    });
    return found;
  }

  private put(sign: string): void {
    if (sign === '\r') this.column = 0;
    else if (sign === '\b') this.column = Math.max(0, this.column - 1);
    else if (sign === '\t') this.tab();
    else if (!controls.test(sign)) this.set(directions.test(sign) ? '\ufffd' : sign);
  }

  /** Moves over what is there, as a terminal does, and only adds blanks behind the line's end. */
  private tab(): void {
    this.column += TAB - (this.column % TAB);
    this.fill();
  }

  private set(sign: string): void {
    this.fill();
    this.signs[this.column] = sign;
    this.styles[this.column] = this.style;
    this.column += 1;
  }

  private fill(): void {
    while (this.signs.length < this.column) {
      this.signs.push(' ');
      this.styles.push(this.style);
    }
  }

  private obey(sequence: string): void {
    if (sequence[1] !== '[') return;
    const final = sequence.at(-1) ?? '';
    const parameters = sequence.slice(2, -1);
    const count = Math.min(Number.parseInt(parameters, 10) || 0, FARTHEST_MOVE);
    switch (final) {
      case 'm':
        if (/^[0-9;:]*$/.test(parameters)) this.style = applySgr(this.style, parameters);
        break;
      case 'K':
        this.erase(count);
        break;
      case 'G':
        this.column = Math.max(1, count) - 1;
        break;
      case 'C':
        this.column = Math.min(this.column + Math.max(1, count), Math.max(this.column, FARTHEST_MOVE));
        break;
      case 'D':
        this.column = Math.max(0, this.column - Math.max(1, count));
    }
  }

  /** To the line's end (0), from its beginning to here (1), or all of it (2). */
  private erase(which: number): void {
    if (which === 0 || which === 2) {
      const from = which === 2 ? 0 : this.column;
      this.signs.length = Math.min(this.signs.length, from);
      this.styles.length = this.signs.length;
    } else if (which === 1) {
      this.signs.fill(' ', 0, this.column + 1);
    }
  }
}

/** What a person sees of a line, for searching and copying. */
export const plainText = (segments: readonly Segment[]): string => segments.map(({ text }) => text).join('');
