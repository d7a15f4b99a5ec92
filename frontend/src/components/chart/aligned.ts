import type { Point, Series } from '@/live/series';
import type { Line } from './panel';

/** Times in seconds since 1970, and for each line its values at those times. */
export type Aligned = [number[], ...(number | null)[][]];

/** Without a reading for so long nothing is known in between; readings come every ten seconds at the least. */
const GAP_MS = 25_000;

/** What is drawn: a line ends where a gap begins. */
export function aligned({ columns, points }: Series, lines: readonly Line[]): Aligned {
  const places = lines.map(({ column }) => columns.indexOf(column));
  const at: number[] = [];
  const values: (number | null)[][] = lines.map(() => []);
  let before = Infinity;
  for (const point of points) {
    const now = point[0] ?? 0;
    if (now - before > GAP_MS) {
      at.push((before + 1) / 1000);
      for (const column of values) column.push(null);
    }
    at.push(now / 1000);
    places.forEach((place, line) => values[line]?.push(valueAt(point, place)));
    before = now;
  }
  return [at, ...values];
}

const valueAt = (point: Point, place: number): number | null => (place < 0 ? null : (point[place] ?? null));

/** Whether a column has a value anywhere. */
export function isKnown({ columns, points }: Series, column: Line['column']): boolean {
  const place = columns.indexOf(column);
  return place >= 0 && points.some((point) => point[place] !== null);
}

/** Lowest, highest and newest of the values between two times, in ms; null where none is known. */
export function extent(
  [at, ...lines]: Aligned,
  line: number,
  from: number,
  to: number,
): { least: number; most: number; last: number } | null {
  const known = (lines[line] ?? []).filter((value, place): value is number => {
    const when = (at[place] ?? 0) * 1000;
    return value !== null && when >= from && when <= to;
  });
  const last = known.at(-1);
  if (last === undefined) return null;
  return { least: Math.min(...known), most: Math.max(...known), last };
}
