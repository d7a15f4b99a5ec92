import type { LogLine } from '@/live/logWindow';
import { rendered } from './rendered';

/** CSS pixels; each row of letters has this height, so that a log's own is known without drawing it. */
export const ROW_HEIGHT = 19;

// Signs that take two columns in a typeface of one width: Hangul, CJK, full-width forms, most pictures.
const wide =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|[\u{1f300}-\u{1faff}]/gu;
const ascii = new RegExp(String.raw`^[\u0020-\u007e]*$`);

/** How many columns a text takes, about. */
export function columnsOf(text: string): number {
  if (ascii.test(text)) return text.length;
  return Array.from(text).length + (text.match(wide)?.length ?? 0);
}

/** Where each line begins, in rows, and after the last one where the log ends. */
export function layOut(lines: readonly LogLine[], columns: number | null): Float64Array {
  const tops = new Float64Array(lines.length + 1);
  lines.forEach((line, index) => {
    const rows = columns === null ? 1 : Math.max(1, Math.ceil(columnsOf(rendered(line).text) / columns));
    tops[index + 1] = (tops[index] ?? 0) + rows;
  });
  return tops;
}

/** The index of the line in that row; the first or last one for rows outside. */
export function lineInRow(tops: Float64Array, row: number): number {
  let low = 0;
  let high = tops.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((tops[middle + 1] ?? Infinity) <= row) low = middle + 1;
    else high = middle;
  }
  return Math.min(low, Math.max(0, tops.length - 2));
}
