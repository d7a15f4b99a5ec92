/** A host of a fleet, as the status stream tells it. Sizes in MB, times in milliseconds since 1970. */
export interface NodeRow {
  id: number;
  name: string;
  /** Whether its server is there to act: lost is one that broke off, ended one that was shut down. */
  state: 'up' | 'lost' | 'ended';
  /** When a node that isn't up was last heard of. */
  state_since_ms: number | null;
  cordoned: boolean;
  /** How it is being emptied, if it is. */
  draining: '' | 'stop' | 'wait';
  /** Whether this page comes from it. */
  is_this: boolean;
  platform: string;
  /** What follows is empty for who may not see nodes. */
  version: string;
  rev: string;
  accelerator: string;
  address: string;
  vcpus: number;
  memory_mb: number;
  disk_total_mb: number;
  disk_free_mb: number;
  /** Given to VMs that run, or that should. */
  vcpus_used: number;
  memory_mb_used: number;
  /** How much VMs may be given; null where its operator set no limit. */
  max_vcpu: number | null;
  max_memory_mb: number | null;
  vms_running: number;
  vms: number;
  images: number;
  gpus: number;
  gpus_free: number;
  /** Percent of all CPUs, and memory in use by VMs and all else. */
  load: { cpu: number; memory_mb: number; at_ms: number } | null;
  /** How many things its host lacks. */
  findings: number;
  /** What confidential VMs lack there. */
  missing: string;
}

export type NodeTone = 'green' | 'amber' | 'red' | 'grey';

/** How a node is, in a word. */
export function nodeState({ state, cordoned, draining }: NodeRow): { word: string; tone: NodeTone } {
  if (state === 'lost') return { word: 'Lost', tone: 'red' };
  if (state === 'ended') return { word: 'Ended', tone: 'grey' };
  if (draining !== '') return { word: 'Draining', tone: 'amber' };
  return cordoned ? { word: 'Cordoned', tone: 'amber' } : { word: 'Up', tone: 'green' };
}

/** The filter of the VM list that finds a node's VMs. */
export const filterOfNode = (name: string): string =>
  /[\s",]/.test(name) ? `node:"${name}"` : `node:${name}`;

const platforms: Record<string, string> = { none: 'No TEE', tdx: 'Intel TDX', 'amd-sev-snp': 'AMD SEV-SNP' };

/** What protects VMs there. */
export const platformText = (platform: string): string => platforms[platform] ?? platform;
