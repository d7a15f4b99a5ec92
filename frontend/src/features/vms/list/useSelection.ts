import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import type { VmRow } from '@/api/vm';
import { extendedTo, nothing, toggled, type Selection } from './selection';

/** Which of the rows shown are chosen. What the filter hides isn't: nothing unseen is acted on. */
export function useSelection(rows: readonly VmRow[]) {
  const [selection, setSelection] = useState<Selection>(nothing);
  const anchor = useRef<string | null>(null);
  const current = useRef(rows);
  useEffect(() => {
    current.current = rows;
  }, [rows]);

  const chosen = useMemo(
    () => (selection.size === 0 ? [] : rows.filter(({ id }) => selection.has(id))),
    [rows, selection],
  );
  /** One row was clicked; with Shift everything from the one before is meant. */
  const select = useCallback((id: string, withRange: boolean) => {
    const from = anchor.current;
    anchor.current = id;
    setSelection((before) => {
      if (!withRange) return toggled(before, id);
      const ids = current.current.map((row) => row.id);
      return extendedTo(before, ids, from, id);
    });
  }, []);
  const selectAll = useCallback(() => setSelection(new Set(current.current.map(({ id }) => id))), []);
  const clear = useCallback(() => setSelection(nothing), []);
  return { selection, chosen, select, selectAll, clear };
}
