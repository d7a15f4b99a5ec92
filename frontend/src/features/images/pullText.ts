import type { PullRow } from '@/api/image';
import { formatDuration } from '@/lib/duration';
import { formatBytes } from '@/lib/size';

/** Whole per cent, 100 only once all is there; null before the registry has said how much it is. */
export function percentOf({ bytes_done, bytes_total }: PullRow): number | null {
  if (bytes_total <= 0) return null;
  return Math.min(100, Math.floor((bytes_done / bytes_total) * 100));
}

/** How a pull goes on, in words: what is done of it, how fast, and how long it still takes. */
export function pullText(pull: PullRow, rate: number | null): string {
  switch (pull.state) {
    case 'queued':
      return 'Waiting for its turn';
    case 'unpacking':
      return `Unpacking and checking ${formatBytes(pull.bytes_total)}`;
    case 'cancelling':
      return 'Cancelling…';
    case 'done':
    case 'failed':
      return '';
    case 'downloading':
      return downloadText(pull, rate);
  }
}

function downloadText(pull: PullRow, rate: number | null): string {
  const percent = percentOf(pull);
  if (percent === null) return 'Asking the registry';
  const parts = [`${percent} %`, `${formatBytes(pull.bytes_done)} of ${formatBytes(pull.bytes_total)}`];
  if (rate !== null) {
    parts.push(rate > 0 ? `${formatBytes(rate)}/s` : 'no data coming in');
    if (rate > 0) parts.push(`${formatDuration(((pull.bytes_total - pull.bytes_done) / rate) * 1000)} left`);
  }
  return parts.join(' · ');
}
