import { useCallback, useState, useSyncExternalStore } from 'react';
import type { VmRow } from '@/api/vm';
import type { VmAction } from '@/api/vmActions';
import { bulkRun } from '../bulkRun';
import type { BulkRequest } from './BulkDialog';

/** An action on many VMs: starting goes at once, all else asks first. */
export function useBulk(onBegun: () => void) {
  const [request, setRequest] = useState<BulkRequest | null>(null);
  const bulk = useSyncExternalStore(bulkRun.subscribe, bulkRun.snapshot);

  const begin = useCallback(
    ({ action, rows }: BulkRequest) => {
      setRequest(null);
      onBegun();
      void bulkRun.start(action, rows);
    },
    [onBegun],
  );
  const ask = useCallback(
    (action: VmAction, rows: readonly VmRow[]) =>
      action === 'start' ? begin({ action, rows }) : setRequest({ action, rows }),
    [begin],
  );
  return { request, begin, ask, cancel: () => setRequest(null), busy: bulk !== null && !bulk.finished };
}
