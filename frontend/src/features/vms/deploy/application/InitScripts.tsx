import { Button, Textarea } from '@mantine/core';
import type { AppCompose } from '../../compose/appCompose';
import classes from './AppOptions.module.css';

const MOST = 5;

interface Props {
  compose: AppCompose;
  set: (fields: AppCompose) => void;
}

/** Scripts that the guest runs early; one is written as text, several, which newer guests take, as a list. */
export function InitScripts({ compose, set }: Props) {
  const scripts = scriptsOf(compose.init_script);
  const shown = scripts.length === 0 ? [''] : scripts;
  const write = (next: readonly string[]) =>
    set({ init_script: next.length > 1 ? next : next[0] === '' ? undefined : next[0] });
  return (
    <fieldset className={classes.list}>
      <legend>Scripts at the beginning</legend>
      <p className={classes.hint}>
        Run in the guest before its disk is opened. From manifest version 3 on their hashes are part of what
        is measured.
      </p>
      {shown.map((script, place) => (
        <Textarea
          key={place}
          className={classes.wide ?? ''}
          classNames={{ input: classes.code ?? '' }}
          aria-label={`Script ${place + 1} at the beginning`}
          value={script}
          rows={3}
          spellCheck={false}
          onChange={({ currentTarget }) => write(shown.with(place, currentTarget.value))}
        />
      ))}
      <div>
        {shown.length < MOST && shown.at(-1) !== '' && (
          <Button size="compact-sm" variant="default" onClick={() => write([...shown, ''])}>
            Add a script
          </Button>
        )}
        {shown.length > 1 && (
          <Button size="compact-sm" variant="subtle" onClick={() => write(shown.slice(0, -1))}>
            Remove the last
          </Button>
        )}
      </div>
    </fieldset>
  );
}

const scriptsOf = (value: unknown): readonly string[] => {
  if (typeof value === 'string') return value === '' ? [] : [value];
  return Array.isArray(value) ? value.map(String) : [];
};
