import type { NodeColumn, VmColumn } from '@/live/series';

/** One line of a chart: a column of the figures. */
export interface Line {
  label: string;
  column: VmColumn | NodeColumn;
  colour: 'accent' | 'blue' | 'amber' | 'green';
}

/** One chart: lines that share a scale. */
export interface Panel {
  title: string;
  /** What the values are, or who says so, in a few quiet words. */
  hint?: string;
  lines: readonly Line[];
  format: (value: number) => string;
  /** The scale begins at 0 and ends here at the least. */
  least: number;
  /** Steps of the scale are of 1024 and its parts, as bytes are. */
  binary?: boolean;
}
