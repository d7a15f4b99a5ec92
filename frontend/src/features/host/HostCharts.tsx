import { useMemo } from 'react';
import type { Host } from '@/api/host';
import { Charts } from '@/components/chart/Charts';
import type { Panel } from '@/components/chart/panel';
import { Section } from '@/components/ui/Section';
import { TableSkeleton } from '@/components/ui/TableSkeleton';
import { formatBytes } from '@/lib/size';
import { HOST } from '@/live/figures';
import { useFigures } from '@/live/useFigures';

/** What all that runs on the host has used in the last hour, and uses now: VMs, and whatever else there is. */
export function HostCharts({ host }: { host: Host }) {
  const { name, cpus, memory_mb, disk_total_gb } = host;
  const series = useFigures(HOST);
  const panels = useMemo(
    () => panelsOf(cpus, memory_mb, disk_total_gb ?? 0),
    [cpus, memory_mb, disk_total_gb],
  );
  return (
    <Section title="Use" hint="of everything that runs on this host, whether it belongs to a VM or not">
      {series.points.length > 0 ? (
        <Charts of={name} series={series} panels={panels} />
      ) : (
        <TableSkeleton what="figures of the host" />
      )}
    </Section>
  );
}

const panelsOf = (cpus: number, memoryMb: number, diskGb: number): readonly Panel[] => [
  {
    title: 'CPU',
    hint: cpus === 1 ? 'of its thread' : `of its ${cpus} threads`,
    lines: [{ label: 'In use', column: 'cpu_share', colour: 'accent' }],
    format: (share) => `${Math.round(share * 100)} %`,
    least: 1,
  },
  {
    title: 'Memory',
    hint: `of ${formatBytes(memoryMb * 2 ** 20)}`,
    lines: [{ label: 'In use', column: 'memory_used', colour: 'green' }],
    format: formatBytes,
    least: memoryMb * 2 ** 20,
    binary: true,
  },
  {
    title: 'Load',
    hint: 'how many programs run or wait to run',
    lines: [
      { label: '1 minute', column: 'load_1', colour: 'accent' },
      { label: '5 minutes', column: 'load_5', colour: 'blue' },
      { label: '15 minutes', column: 'load_15', colour: 'amber' },
    ],
    format: (load) => load.toFixed(1),
    least: cpus,
  },
  {
    title: 'Disk',
    hint: `of ${formatBytes(diskGb * 2 ** 30)}, where VMs are kept`,
    lines: [{ label: 'In use', column: 'disk_used', colour: 'blue' }],
    format: formatBytes,
    least: diskGb * 2 ** 30,
    binary: true,
  },
];
