import type { ImageRow } from '@/api/image';
import type { NodeRow } from '@/api/node';
import { formatMemory } from '@/lib/size';
import type { DeployForm } from '../form';

type Wanted = Pick<DeployForm, 'image' | 'vcpu' | 'memory' | 'protection' | 'stopped'>;

/** Why a node can't take the VM, as far as is known here (the server decides), or empty. */
export function nodeObstacle(node: NodeRow, wanted: Wanted, images: readonly ImageRow[]): string {
  if (node.state === 'lost') return 'not heard of';
  if (node.state === 'ended') return 'its server has ended';
  if (node.cordoned) return 'cordoned: takes no new VMs';
  if (wanted.protection === 'confidential' && node.platform === 'none') return 'has no TEE';
  if (wanted.image !== '' && !images.some((image) => isUsable(image, node.name, wanted.image)))
    return `does not have ${wanted.image}`;
  // What isn't started takes no room yet.
  return wanted.stopped ? '' : noRoom(node, wanted);
}

const isUsable = (image: ImageRow, node: string, name: string): boolean =>
  image.node === node && image.name === name && image.problem === '' && !image.deleting;

function noRoom(node: NodeRow, { vcpu, memory }: Wanted): string {
  const { max_vcpu, vcpus_used, max_memory_mb, memory_mb_used } = node;
  if (max_vcpu !== null && vcpus_used + Number(vcpu) > max_vcpu)
    return `${Math.max(0, max_vcpu - vcpus_used)} vCPUs left`;
  if (max_memory_mb !== null && memory_mb_used + Number(memory) > max_memory_mb)
    return `${formatMemory(Math.max(0, max_memory_mb - memory_mb_used))} of memory left`;
  return '';
}
