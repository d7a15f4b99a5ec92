import { useQuery } from '@tanstack/react-query';
import { call } from '@/api/client';
import { keys } from '@/api/keys';
import type { SignedKey, Verdict } from '@/crypto/kmsSignature';

export interface CheckedKey {
  key: SignedKey;
  verdict: Verdict;
}

/** A key's signature has a time, and is good for five minutes: one that is this old is asked for again. */
const FRESH_MS = 60_000;

/** Asks the host's KMS for an application's key, and finds out who signed it. */
export async function fetchKey(appId: string): Promise<CheckedKey> {
  const [key, { verifyKey }] = await Promise.all([
    call('GetAppEnvEncryptPubKey', { app_id: appId }),
    import('@/crypto/kmsSignature'),
  ]);
  return { key, verdict: verifyKey(key, appId, Date.now() / 1000) };
}

/** The key of an application, as long as there is one to ask for. */
export function useKmsKey(appId: string | undefined, wanted: boolean) {
  return useQuery({
    queryKey: keys.kmsKey(appId ?? ''),
    queryFn: () => fetchKey(appId ?? ''),
    enabled: wanted && appId !== undefined && appId !== '',
    staleTime: FRESH_MS,
    refetchInterval: FRESH_MS,
    refetchOnWindowFocus: false,
    retry: false,
  });
}
