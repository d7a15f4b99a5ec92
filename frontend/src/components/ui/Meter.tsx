import type { ReactNode } from 'react';
import classes from './Meter.module.css';

interface Props {
  label: string;
  used: number;
  /** Null where there is no limit to compare with. */
  total: number | null;
  /** What is used and of how much, in words. */
  value: ReactNode;
  /** What is left, or what the limit is. */
  hint: ReactNode;
}

/** Beyond this share there is little left. */
const TIGHT = 0.9;

/** How much of something is used: in words, and as a bar. */
export function Meter({ label, used, total, value, hint }: Props) {
  const share = total === null || total === 0 ? 0 : used / total;
  return (
    <div className={classes.meter}>
      <span className={classes.label}>{label}</span>
      <strong className={classes.value}>{value}</strong>
      <span className={classes.track} aria-hidden>
        <span
          className={classes.fill}
          data-tight={share > TIGHT || undefined}
          style={{ width: `${Math.min(100, share * 100)}%` }}
        />
      </span>
      <span className={classes.hint}>{hint}</span>
    </div>
  );
}
