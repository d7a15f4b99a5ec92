/**
 * The query part of a URL as plain strings. The router's own way writes JSON, so that `?q=123` would be read
 * as a number and written back as `?q="123"`.
 */
export function parseSearch(search: string): Record<string, string> {
  return Object.fromEntries(new URLSearchParams(search));
}

export function stringifySearch(search: Record<string, unknown>): string {
  const params = new URLSearchParams();
  for (const [key, value] of Object.entries(search)) {
    if (typeof value === 'string' && value !== '') params.set(key, value);
  }
  // A colon needs no escaping in a query, and `?q=status:running` can be read and typed.
  const query = params.toString().replaceAll('%3A', ':');
  return query ? `?${query}` : '';
}
