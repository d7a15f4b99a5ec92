import type { VmStatus } from '@/api/vm';

const statusToken = /(^|\s)-?status:\S*/gi;

/** The status a filter text asks for as a whole, if it is exactly one. */
export function statusOf(text: string): string | null {
  const tokens = text.match(statusToken) ?? [];
  const [only] = tokens;
  if (tokens.length !== 1 || !only || only.includes('-status')) return null;
  return only.trim().slice('status:'.length).toLowerCase();
}

/** The same filter text with this status instead of any other; null asks for every status. */
export function withStatus(text: string, status: VmStatus | null): string {
  const rest = text.replace(statusToken, ' ').replace(/\s+/g, ' ').trim();
  return status === null ? rest : `status:${status} ${rest}`.trim();
}
