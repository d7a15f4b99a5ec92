import type { PortRules, VmRow } from '@/api/vm';
import type { PortField } from './form';

/** Below these, ports have owners that everybody knows. */
const FIRST_CHOICE = 8_080;
/** From here on the kernel gives ports to clients; a listener there is only a last resort. */
const CLIENTS = 32_768;

type Protocol = PortField['protocol'];

/** Host ports that VMs have. Of other people's VMs the browser doesn't know; the server refuses those by name. */
export function takenPorts(vms: Iterable<VmRow>, ports: readonly PortField[]): ReadonlySet<string> {
  const taken = new Set<string>();
  for (const row of vms) for (const port of row.ports) taken.add(`${port.protocol} ${port.host_port}`);
  for (const port of ports) taken.add(`${port.protocol} ${port.host_port}`);
  return taken;
}

/** A host port that may be given and that nobody has: the one wished for, else one of 8080 on; null where there is none. */
export function freePort(
  rules: PortRules,
  taken: ReadonlySet<string>,
  protocol: Protocol,
  wished: number = FIRST_CHOICE,
): number | null {
  const isFree = (port: number) => isAllowed(rules, protocol, port) && !taken.has(`${protocol} ${port}`);
  if (wished >= 1_024 && isFree(wished)) return wished;
  for (const [first, last] of [
    [FIRST_CHOICE, CLIENTS - 1],
    [1_024, FIRST_CHOICE - 1],
    [CLIENTS, 65_535],
    [1, 1_023],
  ] as const)
    for (const [allowed, from, to] of rules.ranges) {
      if (allowed !== protocol) continue;
      for (let port = Math.max(first, from); port <= Math.min(last, to); port += 1)
        if (isFree(port)) return port;
    }
  return null;
}

export const isAllowed = (rules: PortRules, protocol: string, port: number): boolean =>
  rules.ranges.some(([allowed, first, last]) => allowed === protocol && first <= port && port <= last);

/** The host ports that a protocol may have, as text: `1–20000, 30000`; empty where there is none. */
export const allowedText = (rules: PortRules, protocol: string): string =>
  rules.ranges
    .filter(([allowed]) => allowed === protocol)
    .map(([, first, last]) => (first === last ? String(first) : `${first}–${last}`))
    .join(', ');
