import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { readCookie } from '@/lib/cookie';
import { keys } from './keys';
import type { Message } from './methods';

/** Who the server takes this browser for. */
export type Account = Message<'WhoAmIResponse'>;

/** Asked once: whoever becomes somebody else does so on the login page. */
export function useAccount(): Account | undefined {
  const { data } = useQuery({ queryKey: keys.account, queryFn: whoAmI, staleTime: Infinity });
  return data;
}

/** What the server asks before it does something; vms/access/policy.py says who has which. */
export type Permission =
  | 'LOOK'
  | 'SEE_VM'
  | 'STEER_VM'
  | 'CREATE_VM'
  | 'CHANGE_VM'
  | 'SEE_NODE'
  | 'STEER_NODE'
  | 'MANAGE_NODES'
  | 'MANAGE_ACCESS';

/**
 * Whether this browser's user may do something, to that VM if one is given. False until the server has said who they
 * are. It decides what is offered; the server decides what is done.
 */
export type May = (permission: Permission, vm?: { owner_id: number | null }) => boolean;

export function mayOf(account: Account | undefined): May {
  return (permission, vm) => {
    if (!account) return false;
    if (!vm) return account.permissions.includes(permission);
    const owns = vm.owner_id !== null && vm.owner_id === account.user_id;
    return (owns ? account.permissions : account.everywhere).includes(permission);
  };
}

export function useMay(): May {
  const account = useAccount();
  return useMemo(() => mayOf(account), [account]);
}

/** Ends this browser's session. */
export async function logOut(): Promise<void> {
  const headers = { 'X-CSRFToken': readCookie('csrftoken') ?? '' };
  await fetch('/logout/', { method: 'POST', headers, redirect: 'manual' });
}

async function whoAmI(): Promise<Account> {
  const response = await fetch('/access/WhoAmI', { headers: { Accept: 'application/json' } });
  if (!response.ok) throw new Error(`The server answered ${response.status}.`);
  return (await response.json()) as Account;
}
