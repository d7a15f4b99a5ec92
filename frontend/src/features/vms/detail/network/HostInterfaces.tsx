import type { Message } from '@/api/methods';
import type { VmRow } from '@/api/vm';
import { DataTable, type Column } from '@/components/table/DataTable';
import { CopyButton } from '@/components/ui/CopyButton';
import { Failure } from '@/components/ui/Failure';
import { Section } from '@/components/ui/Section';
import { useVmInfo } from '../useVmInfo';
import classes from './Network.module.css';

type HostInterface = Message<'NetworkInterfaceStatus'>;

const modes = new Map([
  ['user', 'QEMU connects for it (user mode): out to the network, in through mapped ports only'],
  ['bridge', 'A network device of its own on a bridge of the host'],
  ['custom', 'Set up by the host’s own settings'],
]);

const columns: readonly [Column<HostInterface>, ...Column<HostInterface>[]] = [
  { key: 'id', header: 'Interface', width: '100px', cell: ({ netdev_id }) => netdev_id ?? '–' },
  {
    key: 'mode',
    header: 'How it is connected',
    width: 'minmax(220px, 2fr)',
    cell: ({ mode }) => modes.get(mode) ?? mode,
  },
  {
    key: 'bridge',
    header: 'Bridge',
    width: 'minmax(80px, 0.6fr)',
    cell: ({ bridge_name }) => bridge_name ?? '–',
  },
  {
    key: 'mac',
    header: 'MAC address',
    width: '190px',
    cell: ({ mac }) => (
      <span className={classes.mac}>
        {mac}
        <CopyButton text={mac} label={`Copy MAC address ${mac}`} />
      </span>
    ),
  },
];

/** What the host gave it to be connected by. */
export function HostInterfaces({ row }: { row: VmRow }) {
  const { data, error, refetch } = useVmInfo(row);
  return (
    <Section title="Interfaces" hint="As the host set them up.">
      {error && <Failure title="They could not be read" error={error} onRetry={() => void refetch()} />}
      {data && (
        <DataTable
          label="Interfaces"
          columns={columns}
          rows={data.interfaces}
          rowKey={({ netdev_id, mac }) => netdev_id ?? mac}
        />
      )}
    </Section>
  );
}
