import { ActionIcon, Button, TextInput } from '@mantine/core';
import { ChevronDown, ChevronUp, X } from 'lucide-react';
import { useEffect, useRef, type KeyboardEvent } from 'react';
import type { LogSession } from '@/live/logSession';
import type { LogView } from '@/live/logView';
import { matchingLines, patternOf } from './matches';
import classes from './LogReader.module.css';

interface Props {
  session: LogSession;
  view: LogView;
  text: string;
  /** The positions of lines in the page that contain it. */
  matches: readonly number[];
  marked: number | null;
  onText: (text: string) => void;
  onClose: () => void;
}

/** The server's limit. */
const LONGEST_TEXT = 200;

/** Finds text: at once in what is in the page, and by the server in what came before. */
export function SearchBar({ session, view, text, matches, marked, onText, onClose }: Props) {
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => input.current?.focus(), []);

  const { search, window: log, kept } = view;
  const at = marked ?? log.end;
  const hasOlder = log.start > kept;
  // What is drawn may lag behind what is typed.
  const look = () => matchingLines(log.lines, patternOf(text));

  const goOlder = () => {
    const found = look();
    const older = found.findLast((position) => position < at);
    if (older === undefined && hasOlder && text !== '') session.find(text, log.start);
    else goTo(older ?? found.at(-1));
  };
  const goNewer = () => {
    const found = look();
    goTo(found.find((position) => position > at) ?? found[0]);
  };
  const goTo = (position: number | undefined) => {
    if (position === undefined) return;
    session.follow(false);
    session.goTo(position);
  };
  const close = () => {
    session.endSearch();
    onClose();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Escape') close();
    else if (event.key === 'Enter' && event.shiftKey) goNewer();
    else if (event.key === 'Enter') goOlder();
    else return;
    event.preventDefault();
  };

  return (
    <div className={classes.search} role="search">
      <TextInput
        ref={input}
        className={classes.searchText ?? ''}
        aria-label="Find in the log"
        placeholder="Find"
        maxLength={LONGEST_TEXT}
        value={text}
        onChange={({ currentTarget: { value } }) => {
          session.endSearch();
          onText(value);
        }}
        onKeyDown={onKeyDown}
      />
      <ActionIcon
        variant="default"
        size="lg"
        aria-label="Older match"
        title="Older (Enter)"
        onClick={goOlder}
      >
        <ChevronUp size={16} aria-hidden />
      </ActionIcon>
      <ActionIcon
        variant="default"
        size="lg"
        aria-label="Newer match"
        title="Newer (Shift Enter)"
        onClick={goNewer}
      >
        <ChevronDown size={16} aria-hidden />
      </ActionIcon>
      <span className={classes.found} role="status">
        {text !== '' && <Found view={view} text={text} matches={matches} marked={marked} />}
      </span>
      {search?.state === 'searching' ? (
        <Button variant="default" size="compact-sm" onClick={() => session.endSearch()}>
          Cancel
        </Button>
      ) : (
        text !== '' &&
        hasOlder && (
          <Button variant="default" size="compact-sm" onClick={() => session.find(text, log.start)}>
            Search older
          </Button>
        )
      )}
      <ActionIcon
        variant="default"
        size="lg"
        aria-label="End the search"
        className={classes.end ?? ''}
        onClick={close}
      >
        <X size={16} aria-hidden />
      </ActionIcon>
    </div>
  );
}

function Found({ view, text, matches, marked }: Pick<Props, 'view' | 'text' | 'matches' | 'marked'>) {
  const { search, end, kept } = view;
  if (search?.text === text && search.state === 'searching') {
    const share = end > kept ? (end - search.searchedTo) / (end - kept) : 1;
    return <>Searching older lines… {Math.floor(share * 100)} %</>;
  }
  if (search?.text === text && search.state === 'nothing') return <>Nothing further up</>;
  const place = marked === null ? -1 : matches.indexOf(marked);
  const lines = `${matches.length} ${matches.length === 1 ? 'line' : 'lines'}`;
  return <>{place === -1 ? `${lines} in what is loaded` : `${place + 1} of ${lines}`}</>;
}
