import type { PortMapping, VmRow } from '@/api/vm';
import { DataTable, type Column } from '@/components/table/DataTable';
import { CopyButton } from '@/components/ui/CopyButton';
import { Empty } from '@/components/ui/Empty';
import { OutLink } from '@/components/ui/OutLink';
import { Section } from '@/components/ui/Section';
import { portLink } from '../../portLink';

const columnsOf = (row: VmRow): readonly [Column<PortMapping>, ...Column<PortMapping>[]] => [
  {
    key: 'host',
    header: 'On the host',
    width: 'minmax(200px, 1.2fr)',
    cell: (port) => {
      const { address, href } = portLink(port, window.location.hostname);
      return (
        <>
          {href && row.status === 'running' ? <OutLink url={href}>{address}</OutLink> : address}{' '}
          <CopyButton text={href ?? address} label={`Copy the address of host port ${port.host_port}`} />
        </>
      );
    },
  },
  {
    key: 'vm',
    header: 'In the guest',
    width: 'minmax(110px, 0.6fr)',
    cell: (port) => `Port ${port.vm_port}`,
  },
  { key: 'protocol', header: 'Protocol', width: '90px', cell: (port) => port.protocol.toUpperCase() },
  {
    key: 'reach',
    header: 'Who can connect',
    width: 'minmax(180px, 1fr)',
    cell: (port) => reach(port.host_address),
  },
];

const reach = (address: string): string => {
  if (['', '0.0.0.0', '::', '[::]'].includes(address)) return 'Whoever can reach the host';
  return /^(127\.|::1$)/.test(address) ? 'Programs on the host only' : `Whoever can reach ${address}`;
};

/** The ports of the host that lead into the guest. */
export function Ports({ row }: { row: VmRow }) {
  return (
    <Section title="Ports" hint="Connections to the host that are passed on to the guest.">
      {row.ports.length === 0 ? (
        <Empty title="No port of the host leads to it">
          It can be reached through the gateway if its app uses one. An update can map ports.
        </Empty>
      ) : (
        <DataTable
          label="Ports"
          columns={columnsOf(row)}
          rows={row.ports}
          rowKey={(port) => `${port.protocol} ${port.host_address} ${port.host_port}`}
        />
      )}
    </Section>
  );
}
