type Origin = Pick<Location, 'protocol' | 'host'>;

/** The address of a websocket of the server that this page came from; what is null is left out. */
export function socketAddress(
  path: string,
  parameters: Record<string, string | number | null> = {},
  { protocol, host }: Origin = window.location,
): string {
  const given = Object.entries(parameters).flatMap(([name, value]) =>
    value === null ? [] : [[name, String(value)]],
  );
  const query = new URLSearchParams(given).toString();
  return `${protocol === 'https:' ? 'wss:' : 'ws:'}//${host}${path}${query && `?${query}`}`;
}
