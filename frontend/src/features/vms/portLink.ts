import type { PortMapping } from '@/api/vm';

export interface PortLink {
  /** Host port to VM port, `8080→80`. */
  label: string;
  /** Where on the host, `127.0.0.1:8080`. */
  address: string;
  /** The whole mapping in words, for hover and for screen readers. */
  title: string;
  /** Only TCP ports can be opened in a browser. */
  href: string | null;
}

const wildcards = new Set(['', '0.0.0.0', '::', '[::]']);

/** @param pageHost the host name this page came from, which also reaches ports bound to every address. */
export function portLink(port: PortMapping, pageHost: string): PortLink {
  const everywhere = wildcards.has(port.host_address);
  const host = bracketed(everywhere ? pageHost : port.host_address);
  const udp = port.protocol !== 'tcp';
  const shown = everywhere ? 'every address' : port.host_address;
  return {
    label: `${port.host_port}→${port.vm_port}${udp ? `/${port.protocol}` : ''}`,
    address: `${host}:${port.host_port}`,
    title: `${port.protocol.toUpperCase()} port ${port.host_port} on ${shown} leads to port ${port.vm_port} of the VM`,
    href: udp ? null : `http://${host}:${port.host_port}`,
  };
}

const bracketed = (host: string): string =>
  host.includes(':') && !host.startsWith('[') ? `[${host}]` : host;
