import { ChevronRight, Search } from 'lucide-react';
import { useEffect, useId, useRef, useState, type KeyboardEvent } from 'react';
import classes from './Palette.module.css';
import type { Command, CommandGroup } from './commands';

interface Props {
  groups: readonly CommandGroup[];
  text: string;
  onText: (text: string) => void;
  /** The VM that all lines are about, if they are about one. */
  subject: string | null;
  onBack: () => void;
  footnote: string | null;
}

/**
 * A field and the lines below it: the focus stays in the field, arrows move among the lines, and a screen reader is
 * told which one is meant (the combobox pattern of the ARIA practices).
 */
export function CommandList({ groups, text, onText, subject, onBack, footnote }: Props) {
  const list = useId();
  const [chosen, setChosen] = useState<string | null>(null);
  const lines = groups.flatMap(({ commands }) => commands);
  const at = Math.max(
    0,
    lines.findIndex(({ id }) => id === chosen),
  );
  const current = lines[at];
  const currentLine = useRef<HTMLDivElement>(null);
  const idOf = (command: Command): string => `${list}-${command.id}`;

  useEffect(() => {
    currentLine.current?.scrollIntoView({ block: 'nearest' });
  }, [current?.id]);

  const move = (to: number): void => setChosen(lines[(to + lines.length) % lines.length]?.id ?? null);
  const onKeyDown = (event: KeyboardEvent<HTMLInputElement>): void => {
    const field = event.currentTarget;
    const atEnd = field.selectionStart === text.length && field.selectionEnd === text.length;
    const actions: Record<string, (() => void) | undefined> = {
      ArrowDown: () => move(at + 1),
      ArrowUp: () => move(at - 1),
      Home: text === '' ? () => move(0) : undefined,
      End: text === '' ? () => move(lines.length - 1) : undefined,
      Enter: current?.run,
      ArrowRight: atEnd ? current?.more : undefined,
      Backspace: text === '' && subject !== null ? onBack : undefined,
      ArrowLeft: text === '' && subject !== null ? onBack : undefined,
    };
    const action = actions[event.key];
    // While a letter is being composed of several keys, they are not for us.
    if (!action || event.nativeEvent.isComposing) return;
    event.preventDefault();
    action();
  };

  return (
    <>
      <div className={classes.field}>
        <Search size={17} aria-hidden />
        {subject !== null && <span className={classes.subject}>{subject}</span>}
        <input
          type="text"
          role="combobox"
          aria-label={subject === null ? 'Find a page, a VM or an image' : `Do with ${subject}`}
          aria-expanded
          aria-controls={list}
          aria-activedescendant={current ? idOf(current) : undefined}
          aria-autocomplete="list"
          autoComplete="off"
          spellCheck={false}
          data-autofocus
          placeholder={subject === null ? 'Find a VM, a page… or type “stop web”' : 'What to do with it'}
          value={text}
          onChange={(event) => {
            setChosen(null);
            onText(event.currentTarget.value);
          }}
          onKeyDown={onKeyDown}
        />
      </div>
      <div id={list} className={classes.list} role="listbox" aria-label="Results">
        {groups.map(({ label, commands }) => (
          <div key={label} role="group" aria-label={label}>
            <span className={classes.group} aria-hidden>
              {label}
            </span>
            {commands.map((command) => (
              <Line
                key={command.id}
                ref={command === current ? currentLine : undefined}
                id={idOf(command)}
                command={command}
                current={command === current}
                onPoint={() => setChosen(command.id)}
              />
            ))}
          </div>
        ))}
      </div>
      {lines.length === 0 && <p className={classes.nothing}>Nothing is called “{text.trim()}”.</p>}
      <div className={classes.foot}>
        <span className="visually-hidden" role="status">
          {lines.length === 1 ? '1 result' : `${lines.length} results`}
        </span>
        <span>{footnote}</span>
        <span className={classes.keys} aria-hidden>
          <kbd>↑</kbd> <kbd>↓</kbd> choose · <kbd>Enter</kbd> do
          {current?.more && (
            <>
              {' '}
              · <kbd>→</kbd> actions
            </>
          )}
          {subject !== null && (
            <>
              {' '}
              · <kbd>←</kbd> back
            </>
          )}
        </span>
      </div>
    </>
  );
}

interface LineProps {
  id: string;
  command: Command;
  current: boolean;
  onPoint: () => void;
  ref: React.Ref<HTMLDivElement> | undefined;
}

function Line({ id, command, current, onPoint, ref }: LineProps) {
  return (
    // The field has the focus and the keys, as the pattern wants it; a pointer is all that is to be heard here.
    // eslint-disable-next-line jsx-a11y/click-events-have-key-events
    <div
      ref={ref}
      id={id}
      className={classes.line}
      role="option"
      tabIndex={-1}
      aria-selected={current}
      data-danger={command.danger ? true : undefined}
      onClick={command.run}
      onPointerMove={onPoint}
    >
      <command.Icon size={16} aria-hidden />
      <span className={classes.label}>{command.label}</span>
      {command.detail && <span className={classes.detail}>{command.detail}</span>}
      {command.more && <ChevronRight size={14} aria-hidden />}
    </div>
  );
}
