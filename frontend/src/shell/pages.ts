import {
  Boxes,
  Cpu,
  HardDrive,
  KeyRound,
  ListTree,
  Network,
  ScrollText,
  Server,
  Users,
  type LucideIcon,
} from 'lucide-react';
import type { Account } from '@/api/account';
import { mayOf, type Permission } from '@/api/account';

/** A page of the console, as the navigation and the palette name it. */
export interface ShellPage {
  path: string;
  label: string;
  Icon: LucideIcon;
  needs: Permission;
  /** Whoever has an account has something of their own there, whatever else they may. */
  holdsOwn?: true;
  /** There is something on it only where several hosts share this console. */
  ofFleet?: true;
}

export interface PageGroup {
  label: string;
  pages: readonly ShellPage[];
}

const groups: readonly PageGroup[] = [
  {
    label: 'Workloads',
    pages: [
      { path: '/', label: 'Virtual machines', Icon: Boxes, needs: 'LOOK' },
      { path: '/images', label: 'Images', Icon: HardDrive, needs: 'LOOK' },
    ],
  },
  {
    label: 'Host',
    pages: [
      { path: '/host', label: 'Host', Icon: Server, needs: 'SEE_NODE' },
      { path: '/nodes', label: 'Nodes', Icon: Network, needs: 'SEE_NODE', ofFleet: true },
      { path: '/gpus', label: 'GPUs', Icon: Cpu, needs: 'LOOK' },
      { path: '/processes', label: 'Processes', Icon: ListTree, needs: 'SEE_NODE' },
    ],
  },
  {
    label: 'Access',
    pages: [
      { path: '/users', label: 'Users', Icon: Users, needs: 'MANAGE_ACCESS' },
      { path: '/tokens', label: 'Tokens', Icon: KeyRound, needs: 'MANAGE_ACCESS', holdsOwn: true },
      { path: '/audit', label: 'Audit log', Icon: ScrollText, needs: 'MANAGE_ACCESS' },
    ],
  },
];

/**
 * The pages that somebody may see, in their groups; none until the server has said who they are.
 *
 * @param isFleet several hosts share this console
 */
export function pagesFor(account: Account | undefined, isFleet = false): PageGroup[] {
  const may = mayOf(account);
  return groups
    .map(({ label, pages }) => ({
      label,
      pages: pages.filter(
        (page) => (isFleet || !page.ofFleet) && (may(page.needs) || (page.holdsOwn && account?.has_account)),
      ),
    }))
    .filter(({ pages }) => pages.length > 0);
}

/** Whether a page is the one at that path, or has it below itself: a VM belongs to the list of VMs. */
export function isCurrent(page: ShellPage, path: string): boolean {
  if (page.path === '/') return path === '/' || path === '/deploy' || path.startsWith('/vms/');
  return path === page.path || path.startsWith(`${page.path}/`);
}
