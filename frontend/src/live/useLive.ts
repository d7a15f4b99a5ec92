import { skipToken, useQuery } from '@tanstack/react-query';
import { keys } from '@/api/keys';
import type { ImageRow, PullRow } from '@/api/image';
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
const selectImages = (state: LiveState): readonly ImageRow[] | null => state.images;
const selectPulls = (state: LiveState): readonly PullRow[] => state.pulls;

/** All VMs by id; undefined until the first snapshot. */
export const useVms = (): ReadonlyMap<string, VmRow> | undefined => useLive(selectVms);

/** The host this page is served from; undefined until the first snapshot. */
export const useNode = (): NodeInfo | undefined => useLive(selectNode);

/** The host's guest images by name, unusable ones too; null or undefined until the server has told them. */
export const useImages = (): readonly ImageRow[] | null | undefined => useLive(selectImages);

/** How pulls of images go on or ended, the newest first; undefined until the first snapshot. */
export const usePulls = (): readonly PullRow[] | undefined => useLive(selectPulls);
