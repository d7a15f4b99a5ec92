import { Search, X } from 'lucide-react';
import { useEffect, useRef } from 'react';
import { useNodes } from '@/live/useLive';
import classes from './FilterField.module.css';

interface Props {
  text: string;
  onText: (text: string) => void;
}

/** Filters as you type. `/` leads here from anywhere on the page, Escape empties it. */
export function FilterField({ text, onText }: Props) {
  const ref = useRef<HTMLInputElement>(null);
  const isFleet = useNodes().length > 1;

  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.key !== '/' || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target))
        return;
      event.preventDefault();
      ref.current?.focus();
      ref.current?.select();
    };
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, []);

  return (
    <div className={classes.field}>
      <Search className={classes.icon} size={15} aria-hidden />
      <input
        ref={ref}
        className={classes.input}
        type="text"
        role="searchbox"
        aria-label="Filter virtual machines"
        aria-keyshortcuts="/"
        placeholder={`Filter: name, status:running, ${isFleet ? 'node:name' : 'owner:me'}, has:problem…`}
        autoComplete="off"
        autoCapitalize="none"
        spellCheck={false}
        value={text}
        onChange={(event) => onText(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key === 'Escape') onText('');
        }}
      />
      {text === '' ? (
        <kbd className={classes.key} aria-hidden>
          /
        </kbd>
      ) : (
        <button
          type="button"
          className={classes.clear}
          aria-label="Clear filter"
          onClick={() => {
            onText('');
            ref.current?.focus();
          }}
        >
          <X size={15} aria-hidden />
        </button>
      )}
    </div>
  );
}

const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement &&
  (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));
