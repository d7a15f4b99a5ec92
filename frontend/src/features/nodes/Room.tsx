import classes from './Nodes.module.css';

interface Props {
  used: number;
  /** 0 where it is not known. */
  total: number;
  format: (amount: number) => string;
}

/** Beyond this share there is little left. */
const TIGHT = 0.9;

/** What VMs that run, or should, have of a node: in words, and as a bar. */
export function Room({ used, total, format }: Props) {
  const share = total > 0 ? used / total : 0;
  return (
    <span className={classes.room}>
      <span>{total > 0 ? `${format(used)} of ${format(total)}` : format(used)}</span>
      <span className={classes.track} aria-hidden>
        <span
          className={classes.fill}
          data-tight={share > TIGHT || undefined}
          style={{ width: `${Math.min(100, share * 100)}%` }}
        />
      </span>
    </span>
  );
}
