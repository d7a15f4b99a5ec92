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
  onProblem: (id: string) => void;
}

/** Dot and word, and below it how far the boot is or what went wrong; a problem opens in full. */
export function StatusCell({ row, pending, onProblem }: Props) {
  const { word, tone } = displayStatus(row);
  const detail = statusDetail(row);
  return (
    <div className={classes.status} role="cell">
      <div className={classes.word} data-tone={tone}>
        <span className={classes.dot} data-moving={tone === 'blue' || undefined} aria-hidden />
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

function Retry({ at }: { at: number }) {
  const left = at - useNow();
  return (
    <span className={classes.retry}>{left > 0 ? `restarts in ${formatDuration(left)}` : 'restarting'}</span>
  );
}
