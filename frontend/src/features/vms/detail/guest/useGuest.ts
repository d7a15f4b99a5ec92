import { useQuery, type UseQueryResult } from '@tanstack/react-query';
import { useMay } from '@/api/account';
import { call } from '@/api/client';
import { keys } from '@/api/keys';
import type { AnswerOf } from '@/api/methods';
import type { VmRow } from '@/api/vm';
import { isBooted } from '../../displayStatus';

export type GuestMethod = 'GuestInfo' | 'GuestSysInfo' | 'GuestNetworkInfo' | 'GuestListContainers';

const EVERY_MS = 5_000;
/** Who a guest is stays the same for as long as it runs. */
export const IDENTITY_EVERY_MS = 60_000;

/** Whether there is somebody to ask: the guest has booted, or got stuck, and one may steer the VM. */
export function useMayAsk(row: VmRow): boolean {
  const maySteer = useMay()('STEER_VM', row);
  const isUp = isBooted(row) || row.boot_error !== '';
  return row.actual === 'on' && isUp && maySteer;
}

/** What the guest's agent says, asked again every few seconds while it is looked at. Its word, not the host's. */
export function useGuest<M extends GuestMethod>(
  row: VmRow,
  method: M,
  { everyMs = EVERY_MS, enabled = true }: { everyMs?: number; enabled?: boolean } = {},
): UseQueryResult<AnswerOf<M>> {
  const ask = call as (method: GuestMethod, request: { id: string }) => Promise<AnswerOf<M>>;
  return useQuery({
    queryKey: keys.guest(row.id, method),
    queryFn: () => ask(method, { id: row.id }),
    enabled: useMayAsk(row) && enabled,
    // A guest that doesn't answer is asked again by the interval.
    retry: false,
    refetchInterval: everyMs,
    // An earlier run's answer is no answer of this one.
    gcTime: 0,
  });
}
