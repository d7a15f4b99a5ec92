import { isKnown } from '@/components/chart/aligned';
import type { Panel } from '@/components/chart/panel';
import { formatBytes } from '@/lib/size';
import type { Series } from '@/live/series';

const perSecond = (bytes: number): string => `${formatBytes(bytes)}/s`;
const percent = (share: number): string => {
  const value = share * 100;
  return `${value > 0 && value < 10 ? Math.round(value * 10) / 10 : Math.round(value)} %`;
};

/** A quiet VM's noise is not to fill the whole height. */
const LEAST_RATE = 16 * 1024;
const LEAST_SHARE = 0.1;

/** What is drawn of a VM. `memory` is what it has, in MB. */
export function vmPanels(vcpu: number, memory: number): readonly [Panel, Panel, Panel] {
  return [
    {
      title: 'CPU',
      hint: vcpu === 1 ? 'of its vCPU' : `of its ${vcpu} vCPUs`,
      lines: [{ label: 'In use', column: 'cpu_share', colour: 'accent' }],
      format: percent,
      least: LEAST_SHARE,
    },
    {
      title: 'Memory',
      hint: 'taken from the host',
      lines: [{ label: 'In use', column: 'memory', colour: 'green' }],
      format: formatBytes,
      least: memory * 2 ** 20,
      binary: true,
    },
    {
      title: 'Disk',
      lines: [
        { label: 'Read', column: 'disk_read', colour: 'blue' },
        { label: 'Written', column: 'disk_written', colour: 'amber' },
      ],
      format: perSecond,
      least: LEAST_RATE,
      binary: true,
    },
  ];
}

const counted: Panel = {
  title: 'Network',
  hint: 'counted by the host',
  lines: [
    { label: 'Received', column: 'received', colour: 'blue' },
    { label: 'Sent', column: 'sent', colour: 'amber' },
  ],
  format: perSecond,
  least: LEAST_RATE,
  binary: true,
};

const reported: Panel = {
  ...counted,
  hint: 'as the guest reports it',
  lines: [
    { label: 'Received', column: 'guest_received', colour: 'blue' },
    { label: 'Sent', column: 'guest_sent', colour: 'amber' },
  ],
};

/** What the host counted where it can; else the guest's word, which says so. */
export const networkPanel = (series: Series): Panel =>
  !isKnown(series, 'received') && isKnown(series, 'guest_received') ? reported : counted;
