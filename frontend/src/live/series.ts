/** A moment: milliseconds since 1970, then a value per column, null where nothing is known. */
export type Point = readonly (number | null)[];

/** What a VM uses; vms/figures/points.py says in which units. */
export type VmColumn =
  | 'cpu'
  | 'cpu_share'
  | 'memory'
  | 'disk_used'
  | 'disk_read'
  | 'disk_written'
  | 'disk_reads'
  | 'disk_writes'
  | 'received'
  | 'sent'
  | 'guest_received'
  | 'guest_sent';

/** What a host uses. */
export type NodeColumn =
  | 'cpu'
  | 'cpu_share'
  | 'memory_used'
  | 'memory_total'
  | 'load_1'
  | 'load_5'
  | 'load_15'
  | 'disk_used'
  | 'disk_total'
  | 'running_vms';

/** The last hour of a VM or of a host, oldest first. A new object with every change. */
export interface Series {
  /** Empty until the server has told them. */
  readonly columns: readonly string[];
  readonly points: readonly Point[];
}

export const noSeries: Series = { columns: [], points: [] };

const KEPT_MS = 3_600_000;

const at = (point: Point | undefined): number => point?.[0] ?? 0;

/** The series with what is newer than all of it; what the server tells twice counts once. */
export function extended(series: Series, columns: readonly string[], newer: readonly Point[]): Series {
  const known = at(series.points.at(-1));
  const added = newer.filter((point) => at(point) > known);
  const all = series.points.concat(added);
  const oldest = at(all.at(-1)) - KEPT_MS;
  const first = all.findIndex((point) => at(point) >= oldest);
  return { columns, points: first > 0 ? all.slice(first) : all };
}

/** The newest value of a column; null where it isn't known. */
export function latest(series: Series, column: VmColumn | NodeColumn): number | null {
  const place = series.columns.indexOf(column);
  return place < 0 ? null : (series.points.at(-1)?.[place] ?? null);
}
