import { useDebouncedValue } from '@mantine/hooks';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { call } from '@/api/client';
import { keys } from '@/api/keys';
import type { Message } from '@/api/methods';
import type { CreateRequest } from './form';
import type { Remark } from './steps';

const QUIET_MS = 350;

export interface Check {
  /** What the server said last; undefined before it has said anything. */
  answer: Message<'CheckVmResponse'> | undefined;
  /** The answer is about an earlier state of the form; what it said of fields that have changed since is left out. */
  isBehind: boolean;
  error: Error | null;
}

/** Has the server check a request whenever it has stood still for a moment. Nothing is reserved or written by it. */
export function useCheck(request: CreateRequest): Check {
  const text = JSON.stringify(request);
  const [settled] = useDebouncedValue(text, QUIET_MS);
  const { data, error } = useQuery({
    queryKey: keys.vmCheck(settled),
    queryFn: () => check(settled),
    placeholderData: keepPreviousData,
    // Ports and GPUs are taken by others meanwhile.
    staleTime: 5_000,
    gcTime: 10_000,
    refetchInterval: 15_000,
    retry: false,
  });
  const isBehind = data?.asked !== text;
  return {
    answer: data && (isBehind ? stillTrue(data, request) : data.answer),
    isBehind: isBehind && !error,
    error,
  };
}

interface Answered {
  /** The request, as text. */
  asked: string;
  answer: Message<'CheckVmResponse'>;
}

async function check(asked: string): Promise<Answered> {
  return { asked, answer: await call('CheckVm', JSON.parse(asked) as CreateRequest) };
}

/** Of an answer about an earlier request what it says of fields that are as they were. */
function stillTrue({ asked, answer }: Answered, request: CreateRequest): Message<'CheckVmResponse'> {
  const before = JSON.parse(asked) as Record<string, unknown>;
  const now: Record<string, unknown> = { ...request };
  const isSame = ({ field }: Remark) => JSON.stringify(before[field]) === JSON.stringify(now[field]);
  return { ...answer, problems: answer.problems.filter(isSame), notes: answer.notes.filter(isSame) };
}
