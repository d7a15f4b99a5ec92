import type { VmRow } from '@/api/vm';
import type { VmAction } from '@/api/vmActions';
import { useNow } from '@/hooks/useNow';
import { formatDuration } from '@/lib/duration';
import { displayStatus, statusDetail } from '../displayStatus';
import classes from './StatusCell.module.css';

const asked: Record<VmAction, string> = {
  start: 'Start requested',
  shutdown: 'Shutdown requested',
  stop: 'Stop requested',
  remove: 'Removal requested',
};

interface Props {
  row: VmRow;
  pending: VmAction | null;
  /** Seconds. */
  shutdownTimeout: number;
  onProblem: (id: string) => void;
  onStop: (id: string) => void;
}

/** Dot and word, and below it how far the boot is or what went wrong; a problem opens in full. */
export function StatusCell({ row, pending, shutdownTimeout, onProblem, onStop }: Props) {
  const { word, tone } = displayStatus(row);
  const detail = statusDetail(row);
  return (
    <div className={classes.status} role="cell">
      <div className={classes.word} data-tone={tone}>
        <span
          className={classes.dot}
          data-moving={tone === 'blue' || undefined}
          data-hollow={row.actual === 'unknown' || undefined}
          aria-hidden
        />
        {word}
        {row.status === 'exited' && row.next_retry_at !== null && <Retry at={row.next_retry_at} />}
      </div>
      {pending ? (
        <div className={classes.detail}>{asked[pending]}…</div>
      ) : detail?.kind === 'problem' ? (
        <button
          type="button"
          className={classes.problem}
          title={detail.text}
          aria-label={`Problem of ${row.name}: ${detail.text}`}
          onClick={() => onProblem(row.id)}
        >
          {detail.text}
        </button>
      ) : row.status === 'stopping' && row.shutdown_asked_at !== null ? (
        <Asked row={row} at={row.shutdown_asked_at} timeout={shutdownTimeout} onStop={onStop} />
      ) : (
        detail && (
          <div className={classes.detail} title={detail.text}>
            {detail.text}
          </div>
        )
      )}
    </div>
  );
}

interface AskedProps {
  row: VmRow;
  /** Milliseconds since 1970. */
  at: number;
  /** Seconds. */
  timeout: number;
  onStop: (id: string) => void;
}

/** Since when the guest has been asked to power off; after a while, the way to stop it by force. */
function Asked({ row, at, timeout, onStop }: AskedProps) {
  const since = useNow() - at;
  const words = row.shutdown_progress || 'asked to shut down';
  if (since < timeout * 1000) {
    return (
      <div className={classes.detail} title={words}>
        {formatDuration(since)}: {words}
      </div>
    );
  }
  return (
    <button
      type="button"
      className={classes.problem}
      title={`${words}, ${formatDuration(since)} ago`}
      aria-label={`Stop ${row.name} by force`}
      onClick={() => onStop(row.id)}
    >
      {formatDuration(since)}, still runs: <strong>stop by force…</strong>
    </button>
  );
}

function Retry({ at }: { at: number }) {
  const left = at - useNow();
  return (
    <span className={classes.retry}>{left > 0 ? `restarts in ${formatDuration(left)}` : 'restarting'}</span>
  );
}
