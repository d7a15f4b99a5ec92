import type { Segment } from '@/lib/ansi/line';
import type { LogLine } from '@/live/logWindow';
import { rendered } from './rendered';

/** A pattern that finds a text as it is, whatever its letters' case; null for nothing. */
export function patternOf(text: string): RegExp | null {
  return text === '' ? null : new RegExp(text.replace(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`), 'gi');
}

/** The positions of the lines that contain it. */
export function matchingLines(lines: readonly LogLine[], pattern: RegExp | null): number[] {
  if (!pattern) return [];
  return lines
    .filter((line) => {
      pattern.lastIndex = 0;
      return pattern.test(rendered(line).text);
    })
    .map(({ position }) => position);
}

/** A stretch of a line, cut where a match begins and ends, too. */
export type Piece = Segment & { matches: boolean };

export function markMatches(segments: readonly Segment[], text: string, pattern: RegExp | null): Piece[] {
  const edges = pattern
    ? Array.from(text.matchAll(pattern), (match) => [match.index, match.index + match[0].length])
    : [];
  let at = 0;
  return segments.flatMap((segment) => {
    const from = at;
    at += segment.text.length;
    return pieces(segment, from, edges as [number, number][]);
  });
}

function pieces({ text, style }: Segment, from: number, matches: readonly [number, number][]): Piece[] {
  const found: Piece[] = [];
  const add = (begin: number, end: number, isMatch: boolean) => {
    if (end > begin) found.push({ text: text.slice(begin - from, end - from), style, matches: isMatch });
  };
  const end = from + text.length;
  let at = from;
  for (const [begins, ends] of matches) {
    if (ends <= from || begins >= end) continue;
    add(at, begins, false);
    add(Math.max(from, begins), Math.min(end, ends), true);
    at = Math.min(end, ends);
  }
  add(at, end, false);
  return found;
}
