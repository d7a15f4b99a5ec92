import type { ApiToken } from '@/api/access';

export type TokenState = 'works' | 'expired' | 'revoked';

/** Whether a token still gets anybody in. `now` is milliseconds since 1970. */
export function tokenState(token: ApiToken, now: number): TokenState {
  if (token.revoked_at_ms) return 'revoked';
  return token.expires_at_ms && token.expires_at_ms <= now ? 'expired' : 'works';
}
