import { Link } from '@tanstack/react-router';
import type { VmRow } from '@/api/vm';
import { Failure } from '@/components/ui/Failure';
import { Section } from '@/components/ui/Section';
import { formatDuration } from '@/lib/duration';
import { useVmEvents } from '../useVmEvents';
import { lastBoot } from './bootSteps';
import { BootSteps } from './BootSteps';
import classes from './BootCard.module.css';

/** The last boot, or the one that goes on, step by step. */
export function BootCard({ row }: { row: VmRow }) {
  const { data, error, refetch } = useVmEvents(row);
  const boot = data && lastBoot(data.events, row);
  return (
    <Section
      title="Boot"
      hint={boot?.tookMs != null ? `Took ${formatDuration(boot.tookMs)}.` : undefined}
      actions={
        <Link to="/vms/$id/events" params={{ id: row.id }} className={classes.all}>
          All events
        </Link>
      }
    >
      {error && <Failure title="The events could not be read" error={error} onRetry={() => void refetch()} />}
      {row.actual === 'starting' ? (
        <Waiting words={row.boot_progress} />
      ) : boot ? (
        <BootSteps boot={boot} reports={row.boot_progress !== 'N/A'} />
      ) : (
        data && <p className={classes.none}>{noBoot(row)}</p>
      )}
    </Section>
  );
}

function Waiting({ words }: { words: string }) {
  return (
    <p className={classes.none} role="status">
      {words === '' || words === 'booting'
        ? 'QEMU is being started.'
        : `It is ${words}: only a few are started at a time.`}
    </p>
  );
}

const noBoot = (row: VmRow): string =>
  row.started_at === null
    ? 'It has not been started yet. Each step of its boot will be shown here.'
    : 'Its last start is longer ago than events are kept.';
