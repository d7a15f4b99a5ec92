import { keepPreviousData, useQuery, type UseQueryResult } from '@tanstack/react-query';
import { call } from '@/api/client';
import { keys } from '@/api/keys';
import type { Message } from '@/api/methods';
import type { VmRow } from '@/api/vm';
import { useThrottled } from '@/hooks/useThrottled';

export type VmInfo = Message<'VmInfo'>;

/** A guest that talks all the time changes its row as often; it's asked about no more often than this. */
const EVERY_MS = 1_000;

/**
 * What the live row doesn't tell: the configuration and the network; null once there is no such VM. Asked again when
 * the VM has changed, with what was known shown meanwhile.
 */
export function useVmInfo({ id, revision }: VmRow): UseQueryResult<VmInfo | null> {
  const asked = useThrottled(revision, EVERY_MS);
  return useQuery({
    queryKey: keys.vm(id, asked),
    queryFn: async () => (await call('GetInfo', { id })).info,
    placeholderData: keepPreviousData,
    staleTime: Infinity,
    gcTime: 60_000,
  });
}
