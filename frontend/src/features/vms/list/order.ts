import type { VmRow } from '@/api/vm';
import { nameKey } from '@/lib/naturalOrder';
import { displayStatus } from '../displayStatus';

type Value = number | string;

/** What each column sorts by. */
export const sortValues = {
  name: nameKey,
  status: (row: VmRow) => displayStatus(row).rank,
  image: (row: VmRow) => row.image,
  app: (row: VmRow) => row.app_id,
  node: (row: VmRow) => row.node,
  vcpu: (row: VmRow) => row.vcpu,
  memory: (row: VmRow) => row.memory,
  disk: (row: VmRow) => row.disk_size,
  ports: (row: VmRow) => row.ports[0]?.host_port ?? Infinity,
  // A VM that doesn't run has been up for no time at all.
  uptime: (row: VmRow) => (row.status === 'running' ? -(row.started_at ?? Infinity) : -Infinity),
} satisfies Record<string, (row: VmRow) => Value>;

export type SortKey = keyof typeof sortValues;

export const isSortKey = (text: unknown): text is SortKey => typeof text === 'string' && text in sortValues;

/** Rows in the order of one column; equal ones by name, so that rows don't jump about between updates. */
export function inOrder(rows: readonly VmRow[], key: SortKey, descending: boolean): VmRow[] {
  const valueOf: (row: VmRow) => Value = sortValues[key];
  const direction = descending ? -1 : 1;
  // Each value is worked out once, not at each of the comparisons.
  return rows
    .map((row) => ({ row, value: valueOf(row), name: nameKey(row) }))
    .sort((a, b) => direction * compare(a.value, b.value) || compare(a.name, b.name))
    .map(({ row }) => row);
}

const compare = (a: Value, b: Value): number => (a < b ? -1 : a > b ? 1 : 0);
