import { useQuery } from '@tanstack/react-query';
import type { Permission } from './account';
import { call } from './client';
import { keys } from './keys';
import type { Message } from './methods';

/** Users, tokens and the audit log, as those who manage them are told. Times are milliseconds since 1970. */

export type UserInfo = Message<'UserInfo'>;

export type Role = UserInfo['role'];

export type ApiToken = Message<'ApiTokenInfo'>;

export type AuditEntry = Message<'AuditEntry'>;

export const roleOptions: { value: Role; label: string }[] = [
  { value: 'member', label: 'Member' },
  { value: 'viewer', label: 'Viewer' },
  { value: 'operator', label: 'Operator' },
  { value: 'admin', label: 'Admin' },
];

/** What each role may do, for those who give it; vms/access/policy.py decides. */
export const roleWords: Record<Role, string> = {
  member: 'Creates VMs, and sees, steers and changes their own; nobody else’s.',
  viewer: 'Sees all VMs and the host; changes nothing.',
  operator: 'Sees all VMs and the host; starts and stops VMs, reads their logs and uses their consoles.',
  admin: 'May do everything, with users and tokens as well.',
};

/** What each permission is for, in one line. */
export const permissionWords: Record<Permission, string> = {
  LOOK: 'See the server’s version and limits, its images and GPUs, and who one is',
  SEE_VM: 'See VMs: their state, configuration and events',
  STEER_VM: 'Start and stop VMs, read their logs, use their consoles, ask their guests',
  CREATE_VM: 'Create VMs',
  CHANGE_VM: 'Change the configuration of VMs, and remove them',
  SEE_NODE: 'See the host: its processes, load and settings',
  STEER_NODE: 'Manage the host: pull and delete images, end processes',
  MANAGE_NODES: 'Manage a fleet: take nodes out of use and back into it, and remove them',
  MANAGE_ACCESS: 'Manage users and everybody’s tokens, and read the audit log',
};

export const permissions = Object.keys(permissionWords) as Permission[];

/** Who may log in, with their limits; for those who manage access. */
export const useUsers = (enabled = true) =>
  useQuery({
    queryKey: keys.users,
    queryFn: () => call('AccessListUsers', {}),
    select: ({ users }) => users,
    enabled,
  });
