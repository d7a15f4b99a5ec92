import { Button } from '@mantine/core';
import { Download, RotateCw, X } from 'lucide-react';
import { PullProgress } from './PullProgress';
import type { RegistryRow as Row } from './registryRows';
import { StatusWord } from '@/components/ui/StatusWord';
import type { ImageActions } from './useImageActions';
import classes from './Table.module.css';

const icon = { size: 13, 'aria-hidden': true };

/** One tag: whether its image is here, on its way, or why it isn't; and what can be done. */
export function RegistryRow({ row, actions }: { row: Row; actions: ImageActions }) {
  return (
    <div className={classes.row} data-of="registry" role="row">
      <div className={classes.name} role="rowheader">
        <span className={classes.tag} title={row.name === null ? row.tag : `Image ${row.name}`}>
          {row.tag}
        </span>
      </div>
      <div className={classes.state} role="cell">
        <State row={row} />
      </div>
      <div className={classes.actions} role="cell">
        <Actions row={row} actions={actions} />
      </div>
    </div>
  );
}

function State({ row }: { row: Row }) {
  switch (row.state.kind) {
    case 'here':
      return <StatusWord tone="green">On this host</StatusWord>;
    case 'available':
      return <StatusWord tone="grey">Not on this host</StatusWord>;
    case 'refused':
      return <Failure word="Can’t be pulled" reason={row.state.reason} />;
    case 'failed':
      return <Failure word="Pull failed" reason={row.state.pull.error} />;
    case 'going':
      return <PullProgress pull={row.state.pull} />;
  }
}

function Failure({ word, reason }: { word: string; reason: string }) {
  return (
    <>
      <StatusWord tone="red">{word}</StatusWord>
      <p className={classes.reason}>{reason}</p>
    </>
  );
}

function Actions({ row, actions }: { row: Row; actions: ImageActions }) {
  const name = row.name ?? row.tag;
  const button = { size: 'compact-sm', variant: 'default' } as const;
  const cancel = { ...button, loading: actions.busy.has(name), onClick: () => actions.cancel(name) };
  const pull = { ...button, loading: actions.busy.has(row.tag), onClick: () => actions.pull(row.tag) };

  switch (row.state.kind) {
    case 'here':
    case 'refused':
      return null;
    case 'available':
      return (
        <Button {...pull} leftSection={<Download {...icon} />} aria-label={`Pull ${row.tag}`}>
          Pull
        </Button>
      );
    case 'going':
      return (
        <Button
          {...cancel}
          loading={cancel.loading || row.state.pull.state === 'cancelling'}
          leftSection={<X {...icon} />}
          aria-label={`Cancel the pull of ${row.tag}`}
        >
          Cancel
        </Button>
      );
    case 'failed':
      return (
        <>
          <Button {...cancel} variant="subtle" color="gray" aria-label={`Dismiss the failure of ${row.tag}`}>
            Dismiss
          </Button>
          <Button {...pull} leftSection={<RotateCw {...icon} />} aria-label={`Retry the pull of ${row.tag}`}>
            Retry
          </Button>
        </>
      );
  }
}
