import { ActionIcon, TextInput } from '@mantine/core';
import { ChevronDown, ChevronUp, X } from 'lucide-react';
import { useEffect, useState, type KeyboardEvent } from 'react';
import type { GuestTerminal } from '@/components/terminal/guestTerminal';
import classes from './Console.module.css';

const decorations = {
  matchBackground: '#e0b354',
  matchOverviewRuler: '#e0b354',
  activeMatchBackground: '#f2732c',
  activeMatchColorOverviewRuler: '#f2732c',
};

/** Finds text in what the terminal still holds. */
export function FindBar({ guest, onClose }: { guest: GuestTerminal; onClose: () => void }) {
  const [text, setText] = useState('');
  const [results, setResults] = useState({ resultIndex: -1, resultCount: 0 });
  const { search, terminal } = guest;

  useEffect(() => {
    const listening = search.onDidChangeResults(setResults);
    return () => {
      listening.dispose();
      search.clearDecorations();
    };
  }, [search]);

  const look = (wanted: string, older: boolean) => {
    if (wanted === '') search.clearDecorations();
    else if (older) search.findPrevious(wanted, { decorations });
    else search.findNext(wanted, { decorations });
  };
  const close = () => {
    onClose();
    terminal.focus();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Enter') look(text, !event.shiftKey);
    else if (event.key === 'Escape') close();
    else return;
    event.preventDefault();
  };

  return (
    <div className={classes.find} role="search">
      <TextInput
        // Opened to be typed in, by a key or a button.
        data-autofocus
        ref={(input) => input?.focus({ preventScroll: true })}
        className={classes.findText ?? ''}
        aria-label="Find in the terminal"
        placeholder="Find"
        value={text}
        onChange={({ currentTarget: { value } }) => {
          setText(value);
          look(value, true);
        }}
        onKeyDown={onKeyDown}
      />
      <span className={classes.found} role="status">
        {text === ''
          ? ''
          : results.resultCount === 0
            ? 'Nothing'
            : `${results.resultIndex + 1} of ${results.resultCount}`}
      </span>
      <ActionIcon variant="default" size="lg" aria-label="Older match" onClick={() => look(text, true)}>
        <ChevronUp size={16} aria-hidden />
      </ActionIcon>
      <ActionIcon variant="default" size="lg" aria-label="Newer match" onClick={() => look(text, false)}>
        <ChevronDown size={16} aria-hidden />
      </ActionIcon>
      <ActionIcon variant="default" size="lg" aria-label="End the search" onClick={close}>
        <X size={16} aria-hidden />
      </ActionIcon>
    </div>
  );
}
