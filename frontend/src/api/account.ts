import { useQuery } from '@tanstack/react-query';
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
