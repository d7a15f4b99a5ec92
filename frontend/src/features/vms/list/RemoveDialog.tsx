import { Button, TextInput } from '@mantine/core';
import { useState } from 'react';
import type { VmRow } from '@/api/vm';
import { Dialog } from '@/components/ui/Dialog';
import { useVmAction } from '../useVmAction';
import classes from './RemoveDialog.module.css';

/** Removing can't be undone; removing what runs takes typing its name. */
export function RemoveDialog({ row, onClose }: { row: VmRow; onClose: () => void }) {
  const run = useVmAction();
  const [typed, setTyped] = useState('');
  const runs = row.status === 'running' || row.status === 'stopping';
  const ready = !runs || typed === row.name;

  const remove = () => {
    if (!ready) return;
    onClose();
    void run('remove', row);
  };

  return (
    <Dialog
      title={`Remove ${row.name}?`}
      onClose={onClose}
      footer={
        <>
          <Button variant="default" onClick={onClose} data-autofocus={runs ? undefined : true}>
            Cancel
          </Button>
          <Button color="red.9" disabled={!ready} onClick={remove}>
            Remove
          </Button>
        </>
      }
    >
      <p>
        Its disk, its configuration and its logs are deleted, and its ports become free.{' '}
        <strong>This cannot be undone.</strong>
      </p>
      {runs && (
        <form
          onSubmit={(event) => {
            event.preventDefault();
            remove();
          }}
        >
          <TextInput
            classNames={{ label: classes.label ?? '' }}
            label={
              <>
                It is running and will be stopped at once. Type <strong>{row.name}</strong> to go on.
              </>
            }
            value={typed}
            onChange={(event) => setTyped(event.currentTarget.value)}
            autoComplete="off"
            spellCheck={false}
            data-autofocus
          />
        </form>
      )}
    </Dialog>
  );
}
