import { skipToken, useQuery } from '@tanstack/react-query';
import { keys } from '@/api/keys';
import type { NodeInfo, VmRow } from '@/api/vm';
import type { LiveState } from './apply';

function useLive<T>(select: (state: LiveState) => T): T | undefined {
  // Pushed into the cache by the status stream; it's never stale, never fetched and never forgotten.
  return useQuery<LiveState, Error, T>({
    queryKey: keys.live,
    queryFn: skipToken,
    staleTime: Infinity,
    gcTime: Infinity,
    // The stream already keeps the identity of what didn't change; comparing 10,000 rows again is waste.
    structuralSharing: false,
    select,
  }).data;
}

const selectVms = (state: LiveState): ReadonlyMap<string, VmRow> => state.vms;
const selectNode = (state: LiveState): NodeInfo => state.node;

/** All VMs by id; undefined until the first snapshot. */
export const useVms = (): ReadonlyMap<string, VmRow> | undefined => useLive(selectVms);

/** The host this page is served from; undefined until the first snapshot. */
export const useNode = (): NodeInfo | undefined => useLive(selectNode);
