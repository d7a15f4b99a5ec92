import { ActionIcon, Button, Textarea, TextInput } from '@mantine/core';
import { Eye, EyeOff, X } from 'lucide-react';
import { useState } from 'react';
import { ChooseFile } from '../application/ChooseFile';
import { useDeploy } from '../deployContext';
import { parseEnvFile } from '../envFile';
import { envRow, problemOfRow, withVariables, type EnvRow } from '../environment';
import classes from './Environment.module.css';

/** The server takes a megabyte, encrypted. */
const MOST_BYTES = 1 << 20;

/** Names and values; values are covered until somebody wants to see them. */
export function EnvTable() {
  const { env, setEnv } = useDeploy();
  const [isShown, setShown] = useState(false);
  const [said, setSaid] = useState('');

  const importFile = async (file: File) => {
    if (file.size > MOST_BYTES) {
      setSaid(`${file.name} has more than 1 MB: it is no .env file.`);
      return;
    }
    const { variables, ignored } = parseEnvFile(await file.text());
    setEnv(withVariables(env, variables));
    setSaid(importedText(variables.length, ignored));
  };

  const change = (row: EnvRow, next: Partial<EnvRow>) =>
    setEnv(env.map((each) => (each.id === row.id ? { ...each, ...next } : each)));

  return (
    <div className={classes.table}>
      {env.map((row, place) => (
        <div
          key={row.id}
          className={classes.row}
          role="group"
          aria-label={row.key || `Variable ${place + 1}`}
        >
          <TextInput
            aria-label="Name"
            placeholder="NAME"
            error={problemOfRow(env, row)}
            value={row.key}
            autoComplete="off"
            autoCapitalize="off"
            spellCheck={false}
            classNames={{ input: classes.code ?? '' }}
            onChange={({ currentTarget }) => change(row, { key: currentTarget.value.trim() })}
          />
          <Textarea
            aria-label="Value"
            placeholder="value"
            value={row.value}
            rows={Math.min(5, row.value.split('\n').length)}
            autoComplete="off"
            spellCheck={false}
            data-covered={!isShown || undefined}
            classNames={{ input: classes.value ?? '' }}
            onChange={({ currentTarget }) => change(row, { value: currentTarget.value, lost: false })}
          />
          <ActionIcon
            variant="subtle"
            size="lg"
            aria-label={`Remove ${row.key || `variable ${place + 1}`}`}
            onClick={() => setEnv(env.filter(({ id }) => id !== row.id))}
          >
            <X size={16} aria-hidden />
          </ActionIcon>
        </div>
      ))}
      <div className={classes.buttons}>
        <Button size="compact-sm" variant="default" onClick={() => setEnv([...env, envRow('', '')])}>
          Add a variable
        </Button>
        <ChooseFile
          label="Import a .env file…"
          accept=".env,.txt,text/plain"
          onFile={(file) => void importFile(file)}
        />
        {env.length > 0 && (
          <Button
            size="compact-sm"
            variant="subtle"
            aria-pressed={isShown}
            leftSection={isShown ? <EyeOff size={14} aria-hidden /> : <Eye size={14} aria-hidden />}
            onClick={() => setShown(!isShown)}
          >
            {isShown ? 'Cover values' : 'Show values'}
          </Button>
        )}
        <span className={classes.said} role="status">
          {said}
        </span>
      </div>
    </div>
  );
}

function importedText(count: number, ignored: readonly number[]): string {
  const taken = count === 1 ? '1 variable taken.' : `${count} variables taken.`;
  if (ignored.length === 0) return taken;
  const shown = ignored.slice(0, 5).join(', ') + (ignored.length > 5 ? '…' : '');
  return `${taken} Not understood: line ${shown}.`;
}
