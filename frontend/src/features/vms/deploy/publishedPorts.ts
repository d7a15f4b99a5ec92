import { parse } from 'yaml';

/** A port that a docker-compose file opens in the VM. */
export interface PublishedPort {
  protocol: 'tcp' | 'udp';
  port: number;
}

/** `127.0.0.1:8080:80/udp`, `8080:80`, `80`: what is before the last colon is the VM's side. */
const SHORT = /^(?:.*?(?::|^))??(\d+)(?::(\d+))?(?:\/(tcp|udp))?$/;

/** The ports that a docker-compose file publishes on the VM, in its order; what it writes as ranges is left out. */
export function publishedPorts(text: string): readonly PublishedPort[] {
  const found = new Map<string, PublishedPort>();
  for (const service of Object.values(fields(fields(read(text)).services))) {
    const ports: unknown = fields(service).ports;
    if (!Array.isArray(ports)) continue;
    for (const entry of ports) {
      const port = published(entry);
      if (port && port.port >= 1 && port.port <= 65_535) found.set(`${port.protocol} ${port.port}`, port);
    }
  }
  return [...found.values()];
}

function published(entry: unknown): PublishedPort | null {
  if (typeof entry === 'object') {
    const { published: host, protocol } = fields(entry);
    const port = Number(host);
    return Number.isInteger(port) ? { protocol: protocol === 'udp' ? 'udp' : 'tcp', port } : null;
  }
  const [, host, guest, protocol] = SHORT.exec(typeof entry === 'string' ? entry : '') ?? [];
  // A lone port is published on one that docker chooses.
  if (host === undefined || guest === undefined) return null;
  return { protocol: protocol === 'udp' ? 'udp' : 'tcp', port: Number(host) };
}

function read(text: string): unknown {
  try {
    return parse(text, { logLevel: 'silent' });
  } catch {
    return null;
  }
}

const fields = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : {};
