import { Button, TextInput } from '@mantine/core';
import { useState } from 'react';
import type { VmRow } from '@/api/vm';
import type { VmAction } from '@/api/vmActions';
import { Dialog } from '@/components/ui/Dialog';
import classes from './Bulk.module.css';

/** Names that are listed; the rest is counted. */
const NAMED = 12;

const words = {
  start: { verb: 'Start', what: 'They boot a few at a time.' },
  shutdown: { verb: 'Shut down', what: 'Each guest is asked to end by itself, and may take its time.' },
  stop: {
    verb: 'Stop',
    what: 'This is like pulling the plug: what the guests haven’t written to their disks is lost.',
  },
  remove: {
    verb: 'Remove',
    what: 'Their disks, configurations and logs are deleted, and their ports become free. This cannot be undone.',
  },
} as const satisfies Record<VmAction, { verb: string; what: string }>;

export interface BulkRequest {
  action: VmAction;
  rows: readonly VmRow[];
}

interface Props extends BulkRequest {
  onClose: () => void;
  onConfirm: () => void;
}

const runs = (row: VmRow): boolean => row.status === 'running' || row.status === 'stopping';

const count = (n: number): string => (n === 1 ? '1 virtual machine' : `${n} virtual machines`);

/** Says how many are meant and which of them run; removing what runs takes typing how many. */
export function BulkDialog({ action, rows, onClose, onConfirm }: Props) {
  const { verb, what } = words[action];
  const [typed, setTyped] = useState('');
  const running = rows.filter(runs).length;
  const phrase = `remove ${rows.length}`;
  const mustType = action === 'remove' && running > 0;
  const ready = !mustType || typed.trim().toLowerCase() === phrase;

  const confirm = () => {
    if (ready) onConfirm();
  };

  return (
    <Dialog
      title={`${verb} ${count(rows.length)}?`}
      onClose={onClose}
      footer={
        <>
          <Button variant="default" onClick={onClose} data-autofocus={mustType ? undefined : true}>
            Cancel
          </Button>
          <Button {...(action === 'shutdown' ? {} : { color: 'red.9' })} disabled={!ready} onClick={confirm}>
            {verb} {rows.length}
          </Button>
        </>
      }
    >
      <p>
        {what}
        {action === 'remove' && running > 0 && (
          <>
            {' '}
            <strong>{running === 1 ? 'One of them runs' : `${running} of them run`}</strong>, and will be
            stopped at once.
          </>
        )}
      </p>
      <ul className={classes.names}>
        {rows.slice(0, NAMED).map((row) => (
          <li key={row.id}>
            {row.name}
            {runs(row) && <span> runs</span>}
          </li>
        ))}
        {rows.length > NAMED && <li>and {rows.length - NAMED} more</li>}
      </ul>
      {mustType && (
        <form
          onSubmit={(event) => {
            event.preventDefault();
            confirm();
          }}
        >
          <TextInput
            label={`Type “${phrase}” to go on`}
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
