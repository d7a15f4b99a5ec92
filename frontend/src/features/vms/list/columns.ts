import { createColumnHelper, type SortingState } from '@tanstack/react-table';
import type { VmRow } from '@/api/vm';
import { isSortKey, sortValues, type SortKey } from './order';

const column = createColumnHelper<VmRow>();

/** A column by what it sorts by; how a cell looks is the row's business. */
const sorted = (id: SortKey, header: string, largestFirst = false) =>
  column.accessor<(row: VmRow) => number | string, number | string>(sortValues[id], {
    id,
    header,
    sortDescFirst: largestFirst,
  });

export const columns = [
  sorted('name', 'Name'),
  sorted('status', 'Status'),
  sorted('image', 'Image'),
  sorted('app', 'App'),
  sorted('node', 'Node'),
  sorted('vcpu', 'vCPU', true),
  sorted('memory', 'Memory', true),
  sorted('disk', 'Disk', true),
  sorted('ports', 'Ports'),
  sorted('uptime', 'Uptime', true),
];

export const defaultSorting: SortingState = [{ id: 'name', desc: false }];

/** Whether something remembered by this browser is still a way to sort this table. */
export function isSorting(value: unknown): value is SortingState {
  if (!Array.isArray(value) || value.length !== 1) return false;
  const [first] = value as { id?: unknown; desc?: unknown }[];
  return isSortKey(first?.id) && typeof first.desc === 'boolean';
}
