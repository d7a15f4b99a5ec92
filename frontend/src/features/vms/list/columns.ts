import { createColumnHelper, type SortingFn, type SortingState } from '@tanstack/react-table';
import type { VmRow } from '@/api/vm';
import { displayStatus } from '../displayStatus';
import { nameKey } from './naturalOrder';

const column = createColumnHelper<VmRow>();

const byName: SortingFn<VmRow> = (a, b) => compare(nameKey(a.original), nameKey(b.original));

/** Equal values in the order of their names, so that rows don't jump about between updates. */
const byValue: SortingFn<VmRow> = (a, b, id) =>
  compare(a.getValue<number | string>(id), b.getValue<number | string>(id)) || byName(a, b, 'name');

const compare = (a: number | string, b: number | string): number => (a < b ? -1 : a > b ? 1 : 0);

/** What can be sorted by; how a cell looks is the row's business. */
export const columns = [
  column.accessor('name', { header: 'Name', sortingFn: byName }),
  column.accessor((row) => displayStatus(row).rank, { id: 'status', header: 'Status', sortingFn: byValue }),
  column.accessor('image', { header: 'Image', sortingFn: byValue }),
  column.accessor('app_id', { id: 'app', header: 'App', sortingFn: byValue }),
  column.accessor('vcpu', { header: 'vCPU', sortingFn: byValue, sortDescFirst: true }),
  column.accessor('memory', { header: 'Memory', sortingFn: byValue, sortDescFirst: true }),
  column.accessor('disk_size', { id: 'disk', header: 'Disk', sortingFn: byValue, sortDescFirst: true }),
  column.accessor((row) => row.ports[0]?.host_port ?? Infinity, {
    id: 'ports',
    header: 'Ports',
    sortingFn: byValue,
  }),
  // A VM that doesn't run has been up for no time at all.
  column.accessor((row) => (row.status === 'running' ? -(row.started_at ?? Infinity) : -Infinity), {
    id: 'uptime',
    header: 'Uptime',
    sortingFn: byValue,
    sortDescFirst: true,
  }),
];

export const defaultSorting: SortingState = [{ id: 'name', desc: false }];

const ids = new Set(['name', 'status', 'image', 'app', 'vcpu', 'memory', 'disk', 'ports', 'uptime']);

/** Whether something remembered by this browser is still a way to sort this table. */
export function isSorting(value: unknown): value is SortingState {
  if (!Array.isArray(value) || value.length !== 1) return false;
  const [first] = value as { id?: unknown; desc?: unknown }[];
  return typeof first?.id === 'string' && ids.has(first.id) && typeof first.desc === 'boolean';
}
