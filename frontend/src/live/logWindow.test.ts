import { describe, expect, it } from 'vitest';
import { LogWindow, LONGEST_LINE, MAX_BYTES, MAX_LINES } from './logWindow';

// The encoder's own arrays are of another realm in these tests, and would not equal ours.
const encode = (text: string): Uint8Array => Uint8Array.from(new TextEncoder().encode(text));
const texts = (window: LogWindow): string[] => window.lines.map(({ raw }) => raw);

const SAMPLE = 'boot \u001b[31mred\nstill red 漢字\u001b[0m\r\n\n🦀 tail';

describe('a window on a log', () => {
  it('has the same lines wherever the bytes are cut', () => {
    const bytes = encode(SAMPLE);
    const whole = LogWindow.of(100, bytes);
    expect(texts(whole)).toEqual(['boot \u001b[31mred', 'still red 漢字\u001b[0m\r', '', '🦀 tail']);
    for (let cut = 0; cut <= bytes.length; cut += 1) {
      const grown = LogWindow.of(100, bytes.subarray(0, cut)).with(bytes.subarray(cut));
      expect(grown).toEqual(whole);
    }
  });

  it('has the same lines byte by byte, with lines of every length around the longest', () => {
    const long = (length: number): string => `${'é'.repeat(length >> 1)}${length % 2 ? 'x' : ''}`;
    const bytes = encode([-2, -1, 0, 1, 2, 3].map((more) => `${long(LONGEST_LINE + more)}\n`).join(''));
    const whole = LogWindow.of(0, bytes);
    let grown = LogWindow.at(0);
    // Whole kilobytes are cheap; only near the ends of lines does each byte matter.
    for (let at = 0; at < bytes.length;) {
      const near = LONGEST_LINE - 8 - (at % (LONGEST_LINE + 1));
      const step = near > 64 ? near : 1;
      grown = grown.with(bytes.subarray(at, at + step));
      at += step;
    }
    expect(grown).toEqual(whole);
    expect(texts(whole).every((text) => !text.includes('\ufffd'))).toBe(true);
  });

  it('says where each line is, without a gap', () => {
    const { lines, start, end } = LogWindow.of(7, encode(SAMPLE));
    let expected = start;
    for (const { position, size } of lines) {
      expect(position).toBe(expected);
      expected += size;
    }
    expect(expected).toBe(end);
  });

  it('carries colours from line to line, also from lines that were loaded later', () => {
    const later = LogWindow.of(10, encode('one\ntwo\u001b[0m\nthree\n'));
    expect(later.lines.map(({ before }) => before.fg)).toEqual([null, null, null]);
    const both = later.withEarlier(encode('\u001b[31mred\n'));
    expect(both.start).toBe(10 - 9);
    expect(both.lines.map(({ before }) => before.fg)).toEqual([null, 1, 1, null]);
    // What was not touched is the same object: its row need not be drawn again.
    expect(both.lines[3]).toBe(later.lines[2]);
  });

  it('gives way at the top, whole lines only', () => {
    const line = `${'x'.repeat(999)}\n`;
    const full = LogWindow.of(0, encode(line.repeat(MAX_BYTES / 1000 + 100)));
    const kept = full.withoutOldest();
    expect(kept.end).toBe(full.end);
    expect(kept.end - kept.start).toBeLessThanOrEqual(MAX_BYTES);
    expect(kept.end - kept.start).toBeGreaterThan(MAX_BYTES - 1000);
    expect(kept.start % 1000).toBe(0);
    expect(kept.lines[0]?.position).toBe(kept.start);
    expect(kept.withoutOldest()).toBe(kept);
  });

  it('gives way at the bottom, and grows there again', () => {
    const full = LogWindow.of(0, encode('\n'.repeat(MAX_LINES + 5)));
    const kept = full.withoutNewest();
    expect([kept.start, kept.end, kept.lines.length]).toEqual([0, MAX_LINES, MAX_LINES]);
    expect(kept.withoutNewest()).toBe(kept);
    expect(kept.with(encode('\n'.repeat(5)))).toEqual(full);
  });

  it('keeps a cut line open, and an open end out of what is kept at the top', () => {
    const full = LogWindow.of(0, encode('x'.repeat(LONGEST_LINE + 10)));
    expect(full.lines.map(({ size, open }) => [size, open])).toEqual([
      [LONGEST_LINE, true],
      [10, true],
    ]);
    expect(full.with(encode('y\nz')).lines.map(({ raw, open }) => [raw.length, open])).toEqual([
      [LONGEST_LINE, true],
      [11, false],
      [1, true],
    ]);
  });

  it.each([
    [0, 0],
    [3, 0],
    [4, 1],
    [5, 2],
    [900, 2],
  ])('finds the line of byte %i', (position, index) => {
    expect(LogWindow.of(0, encode('abc\n\nxyz')).lineAt(position)).toBe(index);
  });

  it('finds no line where there is none', () => {
    expect(LogWindow.at(5).lineAt(5)).toBe(-1);
  });
});
