import { useDeferredValue, useEffect, useMemo, useState, useSyncExternalStore } from 'react';
import type { VmRow } from '@/api/vm';
import { useStored } from '@/hooks/useStored';
import type { LogSession } from '@/live/logSession';
import type { LogPlace } from '@/live/logView';
import { LogFooter } from './LogFooter';
import { LogLines } from './LogLines';
import { LogNotice } from './LogNotice';
import { LogToolbar } from './LogToolbar';
import { matchingLines, patternOf } from './matches';
import { SearchBar } from './SearchBar';
import classes from './LogReader.module.css';

interface Props {
  row: VmRow;
  session: LogSession;
  /** Something else was chosen to be looked at. */
  onPlace: (place: LogPlace) => void;
}

const isBoolean = (value: unknown): value is boolean => typeof value === 'boolean';

/** One log: which, its lines, and a search through them. */
export function LogReader({ row, session, onPlace }: Props) {
  const view = useSyncExternalStore(session.subscribe, session.view);
  const [wrap, setWrap] = useStored('logs.wrap', true, isBoolean);
  const [searching, setSearching] = useState(false);
  const [text, setText] = useState('');
  const [marked, setMarked] = useState<number | null>(null);
  const pattern = useMemo(() => patternOf(searching ? text : ''), [searching, text]);
  const shownPattern = useDeferredValue(pattern);
  const matches = useMemo(() => matchingLines(view.window.lines, shownPattern), [view.window, shownPattern]);

  // A line that was gone to stands out.
  const [focus, setFocus] = useState(view.focus);
  if (view.focus !== focus) {
    setFocus(view.focus);
    if (view.focus) setMarked(view.window.lines[view.window.lineAt(view.focus.position)]?.position ?? null);
  }

  useEffect(() => {
    const find = (event: KeyboardEvent) => {
      if (event.key !== 'f' || !(event.ctrlKey || event.metaKey) || event.shiftKey || event.altKey) return;
      // The browser's own search sees only the lines that are drawn.
      event.preventDefault();
      setSearching(true);
    };
    window.addEventListener('keydown', find);
    return () => window.removeEventListener('keydown', find);
  }, []);

  const choose = (place: LogPlace) => {
    setMarked(null);
    session.show(place);
    onPlace(place);
  };

  return (
    <section className={classes.reader} aria-label={`Logs of ${row.name}`}>
      <LogToolbar
        row={row}
        view={view}
        wrap={wrap}
        marked={marked}
        onWrap={setWrap}
        onChoose={choose}
        onSearch={() => setSearching(true)}
      />
      <LogNotice view={view} onNewest={() => choose({ channel: view.channel, boot: null, at: null })} />
      {searching && (
        <SearchBar
          session={session}
          view={view}
          text={text}
          matches={matches}
          marked={marked}
          onText={setText}
          onClose={() => setSearching(false)}
        />
      )}
      <LogLines
        session={session}
        view={view}
        wrap={wrap}
        pattern={shownPattern}
        marked={marked}
        onMark={setMarked}
      />
      <LogFooter session={session} view={view} />
    </section>
  );
}
