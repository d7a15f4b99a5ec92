import { useMemo } from 'react';
import { useUsers } from '@/api/access';
import { useAccount } from '@/api/account';
import type { Owners } from './filter';

/** Whom `owner:…` may mean. Names are asked for when a filter has one, of a server that tells them to this reader. */
export function useOwners(filter: string): Owners {
  const account = useAccount();
  const asks = /(^|[\s-])owner:/i.test(filter) && (account?.permissions.includes('MANAGE_ACCESS') ?? false);
  const { data: users } = useUsers(asks);
  return useMemo(() => {
    const byName = new Map((users ?? []).map(({ name, id }) => [name.toLowerCase(), id]));
    // One's own name is known without asking.
    if (account?.user_id != null) byName.set(account.name.toLowerCase(), account.user_id);
    return { me: account?.user_id ?? null, byName };
  }, [users, account]);
}
