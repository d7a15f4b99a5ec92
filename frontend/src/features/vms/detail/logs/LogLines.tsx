import { useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState, type MouseEvent } from 'react';
import type { LogSession } from '@/live/logSession';
import type { LogView } from '@/live/logView';
import { layOut, lineInRow, ROW_HEIGHT } from './layout';
import { LogRow } from './LogRow';
import { useColumns } from './useColumns';
import classes from './LogLines.module.css';

interface Props {
  session: LogSession;
  view: LogView;
  wrap: boolean;
  pattern: RegExp | null;
  /** The position of the line that stands out. */
  marked: number | null;
  onMark: (position: number) => void;
}

/** Rows that are drawn above and below those in sight. */
const OVERSCAN = 20;
/** Further pieces are loaded when so many heights of the window are left. */
const AHEAD = 2;
const AT_END_PX = 8;

/** What is at the window's top: a line, and how far it is scrolled off. */
interface Anchor {
  position: number;
  offset: number;
}

/** The lines of a log's window, of which only those in sight are drawn. It follows the end, or stays where it is. */
export function LogLines({ session, view, wrap, pattern, marked, onMark }: Props) {
  const { window: log, following, focus } = view;
  const scroller = useRef<HTMLDivElement>(null);
  const ruler = useRef<HTMLSpanElement>(null);
  const anchor = useRef<Anchor | null>(null);
  const shownFocus = useRef(focus);
  const [sight, setSight] = useState({ top: 0, height: 800 });
  const columns = useColumns(scroller, ruler);
  const tops = useMemo(() => layOut(log.lines, wrap ? columns : null), [log, wrap, columns]);
  const rows = tops[log.lines.length] ?? 0;

  const look = useCallback(() => {
    const element = scroller.current;
    if (!element) return;
    const { scrollTop: top, clientHeight: height, scrollHeight } = element;
    const index = lineInRow(tops, top / ROW_HEIGHT);
    const line = log.lines[index];
    anchor.current = line ? { position: line.position, offset: top - (tops[index] ?? 0) * ROW_HEIGHT } : null;
    setSight((old) => (old.top === top && old.height === height ? old : { top, height }));
    if (top < AHEAD * height) session.loadOlder();
    if (scrollHeight - top - height < AHEAD * height && !following) session.loadNewer();
  }, [tops, log, session, following]);

  // Where it is scrolled to, before anybody sees that the lines are others.
  useLayoutEffect(() => {
    const element = scroller.current;
    if (!element) return;
    if (focus !== shownFocus.current && focus) {
      shownFocus.current = focus;
      const top = (tops[log.lineAt(focus.position)] ?? 0) * ROW_HEIGHT;
      element.scrollTop = top - element.clientHeight / 3;
    } else if (following) {
      element.scrollTop = element.scrollHeight;
    } else if (anchor.current) {
      const { position, offset } = anchor.current;
      element.scrollTop = (tops[log.lineAt(position)] ?? 0) * ROW_HEIGHT + offset;
    }
    look();
  }, [tops, log, following, focus, look]);

  useEffect(() => {
    const element = scroller.current;
    if (!element) return;
    const resized = new ResizeObserver(() => {
      if (following) element.scrollTop = element.scrollHeight;
      look();
    });
    resized.observe(element);
    return () => resized.disconnect();
  }, [following, look]);

  const scrolled = () => {
    const element = scroller.current;
    if (!element) return;
    const isAtEnd = element.scrollHeight - element.scrollTop - element.clientHeight <= AT_END_PX;
    if (following && !isAtEnd) session.follow(false);
    if (!following && isAtEnd && view.atEnd) session.follow(true);
    look();
  };

  const clicked = ({ target }: MouseEvent) => {
    // Whoever selects text doesn't mean the line.
    if (window.getSelection()?.isCollapsed === false || !(target instanceof HTMLElement)) return;
    const position = target.closest<HTMLElement>('[data-position]')?.dataset.position;
    if (position !== undefined) onMark(Number(position));
  };

  const first = Math.max(0, lineInRow(tops, sight.top / ROW_HEIGHT) - OVERSCAN);
  const last = Math.min(
    log.lines.length,
    lineInRow(tops, (sight.top + sight.height) / ROW_HEIGHT) + OVERSCAN,
  );
  return (
    // The keyboard scrolls it; what a click does has a button of its own, for the line at the top.
    // eslint-disable-next-line jsx-a11y/click-events-have-key-events, jsx-a11y/no-noninteractive-element-interactions
    <div
      ref={scroller}
      className={classes.scroller}
      role="log"
      aria-live="off"
      aria-label="Lines of the log"
      // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- it scrolls
      tabIndex={0}
      onScroll={scrolled}
      onClick={clicked}
    >
      <span ref={ruler} className={classes.ruler} aria-hidden>
        {'0'.repeat(100)}
      </span>
      <div className={classes.lines} data-wrap={wrap || undefined} style={{ height: rows * ROW_HEIGHT }}>
        {log.lines.slice(first, last + 1).map((line, index) => (
          <LogRow
            key={line.position}
            line={line}
            top={tops[first + index] ?? 0}
            pattern={pattern}
            marked={line.position === marked}
          />
        ))}
      </div>
    </div>
  );
}
