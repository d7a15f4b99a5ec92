import type { NodeRow } from '@/api/node';

export type NodeAction = 'cordon' | 'uncordon' | 'drain' | 'remove';

export interface Offer {
  action: NodeAction;
  label: string;
  /** Why it can't be done now, or empty. */
  obstacle: string;
}

/** What can be done with a node, in the order of how much it changes. */
export function offersFor(node: NodeRow): readonly Offer[] {
  const offers: Offer[] = [];
  if (node.cordoned) offers.push({ action: 'uncordon', label: 'Uncordon', obstacle: '' });
  else offers.push({ action: 'cordon', label: 'Cordon', obstacle: '' });
  if (node.state === 'up') offers.push({ action: 'drain', label: 'Drain…', obstacle: '' });
  offers.push({ action: 'remove', label: 'Remove…', obstacle: whyNotRemoved(node) });
  return offers;
}

function whyNotRemoved({ state, vms }: NodeRow): string {
  if (state === 'up') return 'its server is up';
  if (vms > 0) return vms === 1 ? '1 VM is on it' : `${vms} VMs are on it`;
  return '';
}
