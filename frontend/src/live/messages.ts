import type { ImageRow, PullRow } from '@/api/image';
import type { NodeRow } from '@/api/node';
import type { NodeInfo, VmRow } from '@/api/vm';

/** What the server says on the status stream, one JSON text frame each. */
export type StatusMessage =
  | { type: 'snapshot'; node: NodeInfo; vms: VmRow[] }
  | { type: 'rows'; vms: VmRow[] }
  | { type: 'gone'; ids: string[] }
  | { type: 'images'; images: ImageRow[] }
  | { type: 'pulls'; pulls: PullRow[] }
  | { type: 'nodes'; nodes: NodeRow[] }
  | { type: 'pong' };

/** A frame as a message, or null for one that a newer server may send and this page doesn't know. */
export function parseMessage(frame: string): StatusMessage | null {
  const known = ['snapshot', 'rows', 'gone', 'images', 'pulls', 'nodes', 'pong'];
  const message = JSON.parse(frame) as { type?: unknown };
  return known.includes(message.type as string) ? (message as StatusMessage) : null;
}
