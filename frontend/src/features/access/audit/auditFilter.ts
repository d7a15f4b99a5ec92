import type { RequestOf } from '@/api/methods';

/** What of the audit log is shown, as it is in the address. */
export interface AuditSearch {
  who?: string;
  action?: string;
  vm?: string;
  /** An HTTP status, or its first digit. */
  result?: string;
  /** A span back from now, or `between` the two moments below. */
  period?: string;
  /** As a datetime-local field has it, `2026-11-23T17:05`. */
  from?: string;
  to?: string;
}

const HOUR_MS = 3_600_000;

export const periods = [
  { value: '', label: 'Any time', ms: 0 },
  { value: '1h', label: 'Last hour', ms: HOUR_MS },
  { value: '24h', label: 'Last 24 hours', ms: 24 * HOUR_MS },
  { value: '7d', label: 'Last 7 days', ms: 7 * 24 * HOUR_MS },
  { value: '30d', label: 'Last 30 days', ms: 30 * 24 * HOUR_MS },
  { value: 'between', label: 'Between…', ms: 0 },
] as const;

export const outcomes = [
  { value: '', label: 'Every outcome' },
  { value: '2', label: 'Done' },
  { value: '202', label: 'Accepted, end unknown' },
  { value: '4', label: 'Refused' },
  { value: '401', label: 'Refused: not logged in' },
  { value: '403', label: 'Refused: not allowed' },
  { value: '5', label: 'Failed' },
] as const;

const fields = ['who', 'action', 'vm', 'result', 'period', 'from', 'to'] as const;

/** What is in the address and means something. */
export function readSearch(search: Record<string, unknown>): AuditSearch {
  const known: AuditSearch = {};
  for (const field of fields) {
    const value = search[field];
    if (typeof value === 'string' && value !== '') known[field] = value;
  }
  return known;
}

export const isFiltered = (search: AuditSearch): boolean => fields.some((field) => search[field]);

type Filter = Required<
  Pick<RequestOf<'AccessListAudit'>, 'who' | 'action' | 'vm' | 'result' | 'since_ms' | 'until_ms'>
>;

/** The filter as the API takes it. `now` is milliseconds since 1970: spans count back from it. */
export function requestOf(search: AuditSearch, now: number): Filter {
  const span = periods.find(({ value }) => value === search.period)?.ms ?? 0;
  const between = search.period === 'between';
  const result = /^\d{1,3}$/.test(search.result ?? '') ? Number(search.result) : 0;
  return {
    who: search.who?.trim() ?? '',
    action: search.action?.trim() ?? '',
    vm: search.vm?.trim() ?? '',
    result,
    since_ms: between ? momentOf(search.from) : span && now - span,
    until_ms: between ? momentOf(search.to) : 0,
  };
}

/** The address of the same entries as a file. */
export function exportUrl(kind: 'csv' | 'jsonl', search: AuditSearch, now: number): string {
  const params = Object.entries(requestOf(search, now)).filter(([, value]) => value !== '' && value !== 0);
  const query = new URLSearchParams(params.map(([name, value]) => [name, String(value)])).toString();
  return `/access/audit.${kind}${query && `?${query}`}`;
}

function momentOf(local: string | undefined): number {
  const at = local ? new Date(local).getTime() : 0;
  return Number.isNaN(at) ? 0 : Math.max(0, at);
}
