import { describe, expect, it } from 'vitest';
import { portLink } from './portLink';

const tcp = (host_address: string) => ({ protocol: 'tcp', host_address, host_port: 8080, vm_port: 80 });

describe('portLink', () => {
  it('leads to the address the port is bound to', () => {
    expect(portLink(tcp('127.0.0.1'), 'vmm.example')).toMatchObject({
      label: '8080→80',
      href: 'http://127.0.0.1:8080',
    });
  });

  it.each(['', '0.0.0.0', '::'])(
    'leads to the host of the page when bound to every address (%j)',
    (address) => {
      expect(portLink(tcp(address), 'vmm.example').href).toBe('http://vmm.example:8080');
    },
  );

  it('puts IPv6 addresses in brackets, once', () => {
    expect(portLink(tcp('fd00::1'), 'x').href).toBe('http://[fd00::1]:8080');
    expect(portLink(tcp('0.0.0.0'), '[::1]').href).toBe('http://[::1]:8080');
  });

  it('has nothing to open for udp', () => {
    const udp = { protocol: 'udp', host_address: '127.0.0.1', host_port: 5353, vm_port: 53 };
    expect(portLink(udp, 'x')).toMatchObject({ label: '5353→53/udp', href: null });
  });
});
