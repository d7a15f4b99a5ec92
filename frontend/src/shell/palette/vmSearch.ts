import type { VmRow } from '@/api/vm';

/** How many VMs are shown; whoever has more goes on typing. */
export const MOST_VMS = 8;

export interface FoundVms {
  rows: readonly VmRow[];
  /** How many match in all. */
  total: number;
}

/**
 * The VMs in which every word is found, in name, id, app id, instance id or image: first those whose name begins
 * with what was typed, then those whose name has it. One pass, nothing sorted: fluent at 10,000.
 */
export function findVms(vms: Iterable<VmRow>, text: string): FoundVms {
  const typed = text.trim().toLowerCase();
  const words = typed.split(/\s+/).filter(Boolean);
  const begins: VmRow[] = [];
  const holds: VmRow[] = [];
  const others: VmRow[] = [];
  let total = 0;
  for (const row of vms) {
    const all = haystack(row);
    if (!words.every((word) => all.includes(word))) continue;
    total += 1;
    const name = row.name.toLowerCase();
    const place = name.startsWith(typed) ? begins : name.includes(typed) ? holds : others;
    if (place.length < MOST_VMS) place.push(row);
  }
  return { rows: [...begins, ...holds, ...others].slice(0, MOST_VMS), total };
}

// Rows are replaced, never changed, so what was worked out for one stays true for as long as it lives.
const haystacks = new WeakMap<VmRow, string>();

function haystack(row: VmRow): string {
  let text = haystacks.get(row);
  if (text === undefined) {
    text = [row.name, row.id, row.app_id, row.instance_id ?? '', row.image].join('\n').toLowerCase();
    haystacks.set(row, text);
  }
  return text;
}
