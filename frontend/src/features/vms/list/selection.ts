/** VMs chosen for an action on all of them, by id. */
export type Selection = ReadonlySet<string>;

export const nothing: Selection = new Set();

/** With that one, or without it. */
export function toggled(selection: Selection, id: string): Selection {
  const next = new Set(selection);
  if (!next.delete(id)) next.add(id);
  return next;
}

/**
 * With everything between two rows of a list, both included, as a click with Shift asks for. Where the first is not in
 * the list any more, only the second counts.
 */
export function extendedTo(
  selection: Selection,
  ids: readonly string[],
  from: string | null,
  to: string,
): Selection {
  const end = ids.indexOf(to);
  const start = from === null ? end : ids.indexOf(from);
  const [first, last] = start < 0 ? [end, end] : [Math.min(start, end), Math.max(start, end)];
  return new Set([...selection, ...ids.slice(first, last + 1)]);
}
