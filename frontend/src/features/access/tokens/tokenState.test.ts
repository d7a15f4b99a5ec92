import { expect, it } from 'vitest';
import { apiToken } from '@/test/access';
import { tokenState } from './tokenState';

it('knows what still works', () => {
  expect(tokenState(apiToken({}), 1_000)).toBe('works');
  expect(tokenState(apiToken({ expires_at_ms: 1_001 }), 1_000)).toBe('works');
  expect(tokenState(apiToken({ expires_at_ms: 1_000 }), 1_000)).toBe('expired');
  expect(tokenState(apiToken({ expires_at_ms: 900, revoked_at_ms: 800 }), 1_000)).toBe('revoked');
});
