import { ActionIcon, Button, TextInput } from '@mantine/core';
import { X } from 'lucide-react';
import type { AppCompose } from '../../compose/appCompose';
import classes from './AppOptions.module.css';

interface Props {
  compose: AppCompose;
  set: (fields: AppCompose) => void;
}

interface Volume {
  source: string;
  verity_root: string;
  target: string;
}

const MOST = 64;

const fields = [
  ['source', 'File on the host', 'model.img'],
  ['verity_root', 'Root hash', '64 hex digits'],
  ['target', 'Mounted at', '/models'],
] as const;

/** Read-only disks of the host, each checked against a hash as it is read. */
export function Volumes({ compose, set }: Props) {
  const volumes = volumesOf(compose.verity_volumes);
  const write = (next: readonly Volume[]) => set({ verity_volumes: next.length > 0 ? next : undefined });
  return (
    <fieldset className={classes.list}>
      <legend>Read-only volumes</legend>
      <p className={classes.hint}>
        Large data that the host has already, such as models. The guest checks every block against the root
        hash.
      </p>
      {volumes.map((volume, place) => (
        <div key={place} className={classes.volume} role="group" aria-label={`Volume ${place + 1}`}>
          {fields.map(([field, label, hint]) => (
            <TextInput
              key={field}
              label={label}
              placeholder={hint}
              spellCheck={false}
              value={volume[field]}
              onChange={({ currentTarget }) =>
                write(volumes.with(place, { ...volume, [field]: currentTarget.value }))
              }
            />
          ))}
          <ActionIcon
            variant="subtle"
            size="lg"
            aria-label={`Remove volume ${place + 1}`}
            onClick={() => write(volumes.toSpliced(place, 1))}
          >
            <X size={16} aria-hidden />
          </ActionIcon>
        </div>
      ))}
      {volumes.length < MOST && (
        <Button
          size="compact-sm"
          variant="default"
          onClick={() => write([...volumes, { source: '', verity_root: '', target: '' }])}
        >
          Add a volume
        </Button>
      )}
    </fieldset>
  );
}

/** Fields of a volume that aren't known here are kept. */
const volumesOf = (value: unknown): readonly Volume[] =>
  Array.isArray(value)
    ? value.map((each) => ({ source: '', verity_root: '', target: '', ...(each as Partial<Volume>) }))
    : [];
