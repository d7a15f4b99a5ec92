import { useQuery, type UseQueryResult } from '@tanstack/react-query';
import { useMay } from '@/api/account';
import { call } from '@/api/client';
import { keys } from '@/api/keys';
import type { AnswerOf } from '@/api/methods';
import type { VmRow } from '@/api/vm';

export type GuestMethod = 'GuestInfo' | 'GuestSysInfo' | 'GuestNetworkInfo' | 'GuestListContainers';

const EVERY_MS = 5_000;

/** Whether there is somebody to ask: QEMU runs, and one may steer the VM. */
export function useMayAsk(row: VmRow): boolean {
  const maySteer = useMay()('STEER_VM', row);
  return row.actual === 'on' && maySteer;
}

/** What the guest's agent says, asked again every few seconds while it is looked at. Its word, not the host's. */
export function useGuest<M extends GuestMethod>(
  row: VmRow,
  method: M,
  everyMs: number | false = EVERY_MS,
): UseQueryResult<AnswerOf<M>> {
  const ask = call as (method: GuestMethod, request: { id: string }) => Promise<AnswerOf<M>>;
  return useQuery({
    queryKey: keys.guest(row.id, method),
    queryFn: () => ask(method, { id: row.id }),
    enabled: useMayAsk(row),
    // A guest that doesn't answer is asked again by the interval.
    retry: false,
    refetchInterval: everyMs,
    // An earlier run's answer is no answer of this one.
    gcTime: 0,
  });
}
