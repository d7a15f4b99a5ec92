import { Link } from '@tanstack/react-router';
import type { GpuDevice } from '@/api/host';
import { DataTable, type Column } from '@/components/table/DataTable';
import { CopyButton } from '@/components/ui/CopyButton';
import { StatusWord } from '@/components/ui/StatusWord';
import classes from './DeviceTable.module.css';

const columns: readonly [Column<GpuDevice>, ...Column<GpuDevice>[]] = [
  {
    key: 'device',
    header: 'Device',
    width: 'minmax(200px, 1.4fr)',
    cell: ({ description, product_id }) => (
      <span className={classes.device}>
        <strong>{description || product_id}</strong>
        {description !== '' && description !== product_id && (
          <code className={classes.code}>{product_id}</code>
        )}
      </span>
    ),
  },
  {
    key: 'slot',
    header: 'Slot',
    width: '130px',
    cell: ({ slot }) => (
      <span className={classes.slot}>
        <code className={classes.code}>{slot}</code>
        <CopyButton text={slot} label={`Copy slot ${slot}`} />
      </span>
    ),
  },
  {
    key: 'state',
    header: 'State',
    width: 'minmax(200px, 1.6fr)',
    cell: (device) => <State device={device} />,
  },
  { key: 'numa', header: 'NUMA node', width: '90px', number: true, cell: ({ numa_node }) => numa_node },
  {
    key: 'group',
    header: 'IOMMU group',
    width: '100px',
    number: true,
    cell: ({ iommu_group }) => iommu_group ?? 'none',
  },
  {
    key: 'driver',
    header: 'Driver',
    width: 'minmax(90px, 0.6fr)',
    cell: ({ driver }) => (driver ? <code className={classes.code}>{driver}</code> : 'none'),
  },
];

export function DeviceTable({ label, devices }: { label: string; devices: readonly GpuDevice[] }) {
  return <DataTable label={label} columns={columns} rows={devices} rowKey={({ slot }) => slot} />;
}

/** Free, taken and by whom, or out of reach and why; a device may be both taken and out of order. */
function State({ device }: { device: GpuDevice }) {
  return (
    <div className={classes.state}>
      {device.is_free && <StatusWord tone="green">Free</StatusWord>}
      {device.is_leased && (
        <StatusWord tone="grey">
          <span>Taken by {holder(device)}</span>
        </StatusWord>
      )}
      {!device.is_free && !device.is_leased && <StatusWord tone="grey">Not given to VMs</StatusWord>}
      {device.obstacle !== '' && <span className={classes.obstacle}>{device.obstacle}</span>}
    </div>
  );
}

function holder({ holder_id, holder_name }: GpuDevice) {
  if (holder_id === '') return 'a VM of somebody else';
  return (
    <Link to="/vms/$id/overview" params={{ id: holder_id }}>
      {holder_name}
    </Link>
  );
}
