import { useMemo } from 'react';
import type { VmRow } from '@/api/vm';
import { Charts } from '@/components/chart/Charts';
import { Section } from '@/components/ui/Section';
import { formatBytes, formatDisk } from '@/lib/size';
import { latest } from '@/live/series';
import { useFigures } from '@/live/useFigures';
import { networkPanel, vmPanels } from './panels';

/** What it has used in the last hour, and uses now. */
export function VmCharts({ row }: { row: VmRow }) {
  const series = useFigures(row.id);
  const network = networkPanel(series);
  const panels = useMemo(() => [...vmPanels(row.vcpu, row.memory), network], [row.vcpu, row.memory, network]);
  const used = latest(series, 'disk_used');
  return (
    <Section
      title="Use"
      hint={
        used !== null && `Its disk of ${formatDisk(row.disk_size)} takes ${formatBytes(used)} on the host.`
      }
    >
      {series.points.length > 0 ? (
        <Charts of={row.name} series={series} panels={panels} />
      ) : (
        <NoFigures runs={row.status === 'running' || row.status === 'stopping'} />
      )}
    </Section>
  );
}

function NoFigures({ runs }: { runs: boolean }) {
  return runs ? 'The first figures come within seconds of its start.' : 'It has not run in the last hour.';
}
