import { useQuery } from '@tanstack/react-query';
import type { ApiToken } from '@/api/access';
import { call } from '@/api/client';
import { keys } from '@/api/keys';

const readTokens = async (): Promise<ApiToken[]> => (await call('AccessListTokens', {})).tokens;

/** One's own tokens, or everybody's for those who manage access; `last used` follows about once a minute. */
export const useTokens = () =>
  useQuery({ queryKey: keys.tokens, queryFn: readTokens, refetchInterval: 60_000 });
