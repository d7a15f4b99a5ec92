import { formatBytes } from '@/lib/size';
import classes from './Meter.module.css';

interface Props {
  label: string;
  /** Bytes, both. A guest may say anything. */
  used: number;
  total: number;
}

/** How much of something is in use, as a bar and in words. */
export function Meter({ label, used, total }: Props) {
  const share = total > 0 ? Math.min(1, Math.max(0, used / total)) : 0;
  return (
    <div className={classes.meter}>
      <meter className={classes.bar} aria-label={label} min={0} max={1} high={0.9} value={share} />
      <span className={classes.words}>
        {formatBytes(Math.max(0, used))} of {formatBytes(total)}
      </span>
    </div>
  );
}
