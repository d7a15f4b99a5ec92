import type { ImageRow, PullRow } from '@/api/image';
import type { NodeRow } from '@/api/node';
import type { NodeInfo, VmRow } from '@/api/vm';
import type { StatusMessage } from './messages';

/** Everything the status stream has told us: null before the first snapshot. */
export interface LiveState {
  node: NodeInfo;
  vms: ReadonlyMap<string, VmRow>;
  /** Null until the server has told them, just after its first snapshot. */
  images: readonly ImageRow[] | null;
  /** The newest first. */
  pulls: readonly PullRow[];
  /** All hosts of the fleet by name; none where one works alone. */
  nodes: readonly NodeRow[];
}

const noPulls: readonly PullRow[] = [];
const noNodes: readonly NodeRow[] = [];

/**
 * The state after some messages, oldest first. Per VM the newest revision wins, so a row that was overtaken on
 * its way changes nothing; a snapshot replaces everything, rows it doesn't have included. The same state comes
 * back if nothing changed, and a row that didn't change keeps its identity.
 */
export function applyMessages(state: LiveState | null, messages: readonly StatusMessage[]): LiveState | null {
  let node = state?.node ?? null;
  let vms = state?.vms ?? null;
  let images = state?.images ?? null;
  let pulls = state?.pulls ?? noPulls;
  let nodes = state?.nodes ?? noNodes;
  let draft: Map<string, VmRow> | null = null;
  // One copy for a whole batch: at 10,000 VMs a copy per message would be felt.
  const writable = (): Map<string, VmRow> => (draft ??= new Map(vms));

  for (const message of messages) {
    switch (message.type) {
      case 'snapshot':
        node = message.node;
        draft = new Map(message.vms.map((row) => [row.id, row]));
        // Images always follow; of pulls and of other nodes nothing is said where there are none.
        pulls = noPulls;
        nodes = noNodes;
        break;
      case 'rows':
        for (const row of message.vms) {
          const known: VmRow | undefined = (draft ?? vms)?.get(row.id);
          if (!known || row.revision > known.revision) writable().set(row.id, row);
        }
        break;
      case 'gone':
        for (const id of message.ids) {
          if ((draft ?? vms)?.has(id)) writable().delete(id);
        }
        break;
      case 'images':
        images = message.images;
        break;
      case 'pulls':
        pulls = message.pulls;
        break;
      case 'nodes':
        nodes = message.nodes;
        break;
      case 'pong':
        break;
    }
  }

  vms = draft ?? vms;
  // Rows before any snapshot have no host to belong to; the snapshot that follows has them too.
  if (!node || !vms) return null;
  const isSame =
    state?.node === node &&
    state.vms === vms &&
    state.images === images &&
    state.pulls === pulls &&
    state.nodes === nodes;
  return isSame ? state : { node, vms, images, pulls, nodes };
}
