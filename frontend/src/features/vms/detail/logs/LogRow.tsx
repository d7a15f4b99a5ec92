import { memo } from 'react';
import type { Style } from '@/lib/ansi/style';
import type { LogLine } from '@/live/logWindow';
import { ROW_HEIGHT } from './layout';
import { markMatches } from './matches';
import { rendered } from './rendered';
import classes from './LogRow.module.css';

interface Props {
  line: LogLine;
  /** In rows of letters. */
  top: number;
  pattern: RegExp | null;
  marked: boolean;
}

/** One line of a log. What the guest wrote becomes text and names of classes, nothing else. */
export const LogRow = memo(function LogRow({ line, top, pattern, marked }: Props) {
  const { segments, text } = rendered(line);
  return (
    <div
      className={classes.row}
      style={{ top: top * ROW_HEIGHT }}
      data-position={line.position}
      data-marked={marked || undefined}
    >
      {markMatches(segments, text, pattern).map(({ text: piece, style, matches }, index) =>
        matches ? (
          <mark key={index} className={classNames(style)}>
            {piece}
          </mark>
        ) : (
          <span key={index} className={classNames(style)}>
            {piece}
          </span>
        ),
      )}
      {'\n'}
    </div>
  );
});

const switches = ['bold', 'dim', 'italic', 'underline', 'strike'] as const;

function classNames(style: Style): string {
  const [fg, bg] = style.inverse ? [style.bg ?? 'ground', style.fg ?? 'ink'] : [style.fg, style.bg];
  return [
    fg === null ? '' : classes[`fg-${fg}`],
    bg === null ? '' : classes[`bg-${bg}`],
    ...switches.map((name) => (style[name] ? classes[name] : '')),
  ]
    .filter(Boolean)
    .join(' ');
}
