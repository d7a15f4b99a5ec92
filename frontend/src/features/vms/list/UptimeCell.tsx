import type { VmRow } from '@/api/vm';
import { useNow } from '@/hooks/useNow';
import { formatDuration, formatInstant } from '@/lib/duration';
import classes from './VmRow.module.css';

/** How long the VM has been up, or how long ago it ended. Counted here: the server sends times, not spans. */
export function UptimeCell({ row }: { row: VmRow }) {
  return (
    <div className={classes.uptime} data-column="uptime" role="cell">
      <Uptime row={row} />
    </div>
  );
}

function Uptime({ row }: { row: VmRow }) {
  if ((row.status === 'running' || row.status === 'stopping') && row.started_at !== null) {
    return (
      <span title={`Started ${formatInstant(row.started_at)}`}>
        <Since instant={row.started_at} />
      </span>
    );
  }
  if (row.status === 'exited' && row.exited_at !== null) {
    return (
      <span className={classes.ended} title={`Exited ${formatInstant(row.exited_at)}`}>
        <Since instant={row.exited_at} /> ago
      </span>
    );
  }
  return (
    <span className={classes.ended}>
      <span aria-hidden>–</span>
      <span className="visually-hidden">not running</span>
    </span>
  );
}

function Since({ instant }: { instant: number }) {
  return formatDuration(useNow() - instant);
}
