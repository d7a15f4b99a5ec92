import { useQuery, useQueryClient, type UseQueryResult } from '@tanstack/react-query';
import { useEffect } from 'react';
import { call } from '@/api/client';
import { keys } from '@/api/keys';
import type { Message } from '@/api/methods';
import type { VmRow } from '@/api/vm';
import { useThrottled } from '@/hooks/useThrottled';

export type VmEvent = Message<'VmEvent'>;

export interface VmEvents {
  /** Oldest first. */
  events: readonly VmEvent[];
  /** How many the host keeps. */
  kept: number;
}

const EVERY_MS = 1_000;
/** Not everything that a guest says changes its row; asking for what is new costs next to nothing. */
const ANYWAY_MS = 5_000;

/** What happened to a VM, growing as it happens: only what is new is asked for. */
export function useVmEvents({ id, revision, status }: VmRow): UseQueryResult<VmEvents> {
  const client = useQueryClient();
  const queryKey = keys.vmEvents(id);
  const changed = useThrottled(revision, EVERY_MS);
  useEffect(() => {
    void client.invalidateQueries({ queryKey: keys.vmEvents(id) });
  }, [client, id, changed]);
  return useQuery({
    queryKey,
    queryFn: async () => {
      const known = client.getQueryData<VmEvents>(queryKey)?.events ?? [];
      const { events, kept } = await call('ListEvents', { id, after: known.at(-1)?.number ?? 0 });
      return { events: known.concat(events).slice(-kept), kept };
    },
    refetchInterval: status === 'running' || status === 'stopping' ? ANYWAY_MS : false,
    staleTime: Infinity,
  });
}
