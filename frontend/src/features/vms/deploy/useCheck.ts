import { useDebouncedValue } from '@mantine/hooks';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { call } from '@/api/client';
import { keys } from '@/api/keys';
import type { Message } from '@/api/methods';
import type { CreateRequest } from './form';

const QUIET_MS = 350;

export interface Check {
  /** What the server said last; undefined before it has said anything. */
  answer: Message<'CheckVmResponse'> | undefined;
  /** The answer is about an earlier state of the form. */
  isBehind: boolean;
  error: Error | null;
}

/** Has the server check a request whenever it has stood still for a moment. Nothing is reserved or written by it. */
export function useCheck(request: CreateRequest): Check {
  const text = JSON.stringify(request);
  const [settled] = useDebouncedValue(text, QUIET_MS);
  const { data, error, isPlaceholderData, isFetching } = useQuery({
    queryKey: keys.vmCheck(settled),
    queryFn: () => call('CheckVm', JSON.parse(settled) as CreateRequest),
    placeholderData: keepPreviousData,
    // Ports and GPUs are taken by others meanwhile.
    staleTime: 5_000,
    gcTime: 10_000,
    refetchInterval: 15_000,
    retry: false,
  });
  return { answer: data, isBehind: settled !== text || isPlaceholderData || (isFetching && !data), error };
}
