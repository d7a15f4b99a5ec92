import type { Range } from './range';
import { spans } from './range';
import classes from './Charts.module.css';

interface Props {
  range: Range;
  onRange: (range: Range) => void;
}

/** How much of the last hour is shown. */
export function RangeChoice({ range, onRange }: Props) {
  const chosen = 'from' in range;
  return (
    <div className={classes.ranges}>
      {spans.map(({ label, ms }) => (
        <button
          key={ms}
          type="button"
          className={classes.range}
          aria-pressed={!chosen && range.last === ms}
          onClick={() => onRange({ last: ms })}
        >
          {label}
        </button>
      ))}
      <span className={classes.hint}>
        {chosen
          ? 'A part that you chose; press a button to go on with what is new.'
          : 'Drag across a chart to look closer.'}
      </span>
    </div>
  );
}
