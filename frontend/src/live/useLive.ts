import { skipToken, useQuery } from '@tanstack/react-query';
import { keys } from '@/api/keys';
import type { ImageRow, PullRow } from '@/api/image';
import type { NodeRow } from '@/api/node';
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
const selectImages = (state: LiveState): readonly ImageRow[] | null =>
  state.images && ofThisNode(state, state.images);
const selectFleetImages = (state: LiveState): readonly ImageRow[] | null => state.images;
const selectPulls = (state: LiveState): readonly PullRow[] => ofThisNode(state, state.pulls);
const selectNodes = (state: LiveState): readonly NodeRow[] => state.nodes;

/** The same list, however often it is asked for, and whatever else changes meanwhile. */
const ownLists = new WeakMap<object, readonly unknown[]>();

/** What a list tells of the node that this page comes from. */
function ofThisNode<T extends { node: string }>(
  { node, nodes }: LiveState,
  list: readonly T[],
): readonly T[] {
  if (nodes.length === 0) return list;
  let own = ownLists.get(list) as readonly T[] | undefined;
  if (!own) {
    own = list.filter((each) => each.node === node.name);
    ownLists.set(list, own);
  }
  return own;
}

/** All VMs by id; undefined until the first snapshot. */
export const useVms = (): ReadonlyMap<string, VmRow> | undefined => useLive(selectVms);

/** The host this page is served from; undefined until the first snapshot. */
export const useNode = (): NodeInfo | undefined => useLive(selectNode);

/** The host's guest images by name, unusable ones too; null or undefined until the server has told them. */
export const useImages = (): readonly ImageRow[] | null | undefined => useLive(selectImages);

/** The images of every node of the fleet; of the same name those of several nodes. */
export const useFleetImages = (): readonly ImageRow[] | null | undefined => useLive(selectFleetImages);

/** How pulls of images go on or ended, the newest first; undefined until the first snapshot. */
export const usePulls = (): readonly PullRow[] | undefined => useLive(selectPulls);

const noNodes: readonly NodeRow[] = [];

/** Every host of the fleet by name; none where one works alone, which shows nothing of nodes anywhere. */
export const useNodes = (): readonly NodeRow[] => useLive(selectNodes) ?? noNodes;

/** The node of that name, if there is more than one. */
export const useNodeOf = (name: string): NodeRow | undefined => useNodes().find((node) => node.name === name);
