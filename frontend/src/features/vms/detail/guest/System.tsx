import type { AnswerOf } from '@/api/methods';
import type { VmRow } from '@/api/vm';
import { DataTable, type Column } from '@/components/table/DataTable';
import { Facts } from '@/components/ui/Facts';
import { Section } from '@/components/ui/Section';
import { formatDuration } from '@/lib/duration';
import { formatBytes } from '@/lib/size';
import { Meter } from './Meter';
import { Silent } from './Silent';
import { useGuest } from './useGuest';

type SystemInfo = AnswerOf<'GuestSysInfo'>;
type Disk = SystemInfo['disks'][number];

const diskColumns: readonly [Column<Disk>, ...Column<Disk>[]] = [
  {
    key: 'mount',
    header: 'Mounted at',
    width: 'minmax(140px, 1fr)',
    cell: (disk) => <code>{disk.mount_point}</code>,
  },
  { key: 'name', header: 'Device', width: 'minmax(100px, 0.6fr)', cell: (disk) => disk.name },
  {
    key: 'use',
    header: 'In use',
    width: 'minmax(180px, 1.2fr)',
    cell: ({ mount_point, total_size, free_size }) => (
      <Meter label={`In use of ${mount_point}`} used={total_size - free_size} total={total_size} />
    ),
  },
];

/** The guest's system: what it is, and what of its memory and disks it uses. */
export function System({ row }: { row: VmRow }) {
  const query = useGuest(row, 'GuestSysInfo');
  return (
    <>
      <Section title="System">
        <Silent query={query} />
        {query.data && <SystemFacts info={query.data} />}
      </Section>
      {query.data && query.data.disks.length > 0 && (
        <Section title="File systems">
          <DataTable
            label="File systems of the guest"
            columns={diskColumns}
            rows={query.data.disks}
            rowKey={(disk) => `${disk.name} ${disk.mount_point}`}
          />
        </Section>
      )}
    </>
  );
}

function SystemFacts({ info }: { info: SystemInfo }) {
  const load = [info.loadavg_one, info.loadavg_five, info.loadavg_fifteen];
  return (
    <Facts
      facts={[
        { term: 'System', value: `${info.os_name} ${info.os_version}`.trim() },
        { term: 'Kernel', value: info.kernel_version },
        { term: 'Up for', value: formatDuration(info.uptime * 1000) },
        { term: 'Processor', value: `${info.num_cpus} × ${info.cpu_model || 'unknown'}` },
        {
          term: 'Load, over 1, 5 and 15 minutes',
          value: load.map((each) => (each / 100).toFixed(2)).join(' · '),
        },
        {
          term: 'Memory in use',
          value: <Meter label="Memory in use" used={info.used_memory} total={info.total_memory} />,
        },
        {
          term: 'Swap in use',
          value:
            info.total_swap > 0 ? (
              <Meter label="Swap in use" used={info.used_swap} total={info.total_swap} />
            ) : undefined,
        },
        { term: 'Memory available to programs', value: formatBytes(info.available_memory) },
      ]}
    />
  );
}
