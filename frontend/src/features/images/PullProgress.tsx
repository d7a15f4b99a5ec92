import { useState } from 'react';
import type { PullRow } from '@/api/image';
import { useNow } from '@/hooks/useNow';
import { rateOf, withSample, type Sample } from './pullRate';
import { percentOf, pullText } from './pullText';
import { StatusWord } from '@/components/ui/StatusWord';
import classes from './PullProgress.module.css';

/** How far a pull is: a bar, and below it per cent, bytes, speed and time left. */
export function PullProgress({ pull }: { pull: PullRow }) {
  const rate = useRate(pull.bytes_done);
  if (pull.state === 'queued' || pull.state === 'cancelling')
    return <StatusWord tone="blue">{pullText(pull, null)}</StatusWord>;
  return (
    <div className={classes.progress}>
      <progress
        className={classes.bar}
        aria-label={`Pull of ${pull.tag}`}
        max={100}
        // Without a value it moves to and fro: something happens, nobody knows how long.
        value={pull.state === 'unpacking' ? undefined : (percentOf(pull) ?? undefined)}
      />
      <span className={classes.text}>{pullText(pull, rate)}</span>
    </div>
  );
}

/** Bytes in a second over the last few, counted by this browser's clock. */
function useRate(bytes: number): number | null {
  const now = useNow();
  const [samples, setSamples] = useState<readonly Sample[]>([]);
  const next = withSample(samples, { at: now, bytes });
  // The way to keep what depends on what was drawn before: React draws again at once, and nothing in between.
  if (next !== samples) setSamples(next);
  return rateOf(next);
}
