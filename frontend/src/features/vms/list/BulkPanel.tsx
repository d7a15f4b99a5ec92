import { Button, CloseButton } from '@mantine/core';
import { useSyncExternalStore } from 'react';
import type { VmRow } from '@/api/vm';
import type { VmAction } from '@/api/vmActions';
import { StatusWord } from '@/components/ui/StatusWord';
import { bulkRun, type BulkResult } from '../bulkRun';
import classes from './Bulk.module.css';

const titles: Record<VmAction, string> = {
  start: 'Starting',
  shutdown: 'Shutting down',
  stop: 'Stopping',
  remove: 'Removing',
};

const states = {
  waiting: { tone: 'grey', word: 'Waits' },
  asked: { tone: 'blue', word: 'Asked' },
  done: { tone: 'green', word: 'Done' },
  failed: { tone: 'red', word: 'Failed' },
} as const;

/** How an action on many VMs goes: a line for each, which stays until it is dismissed. */
export function BulkPanel({ vms }: { vms: ReadonlyMap<string, VmRow> }) {
  const bulk = useSyncExternalStore(bulkRun.subscribe, bulkRun.snapshot);
  if (!bulk) return null;
  const { action, results, finished } = bulk;
  const ended = results.filter(({ state }) => state === 'done' || state === 'failed').length;
  const failed = results.filter(({ state }) => state === 'failed');
  const retriable = failed.filter(({ row }) => vms.has(row.id)).length;
  return (
    <section className={classes.panel} aria-label="Results">
      <div className={classes.panelHead}>
        <strong role="status">
          {titles[action]} {results.length}:{' '}
          {finished
            ? failed.length === 0
              ? 'all done'
              : `${failed.length} failed, ${results.length - failed.length} done`
            : `${ended} of ${results.length}`}
        </strong>
        {finished && retriable > 0 && (
          <Button size="compact-sm" variant="default" onClick={() => void bulkRun.retry(vms)}>
            Retry {retriable} failed
          </Button>
        )}
        {finished && <CloseButton aria-label="Dismiss results" onClick={() => bulkRun.dismiss()} />}
      </div>
      {/* It scrolls, so it must be reachable by keyboard. */}
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
      <ul className={classes.results} tabIndex={0} aria-label="Result of each">
        {[...failed, ...results.filter(({ state }) => state !== 'failed')].map((result) => (
          <Result key={result.row.id} result={result} />
        ))}
      </ul>
    </section>
  );
}

function Result({ result: { row, state, message } }: { result: BulkResult }) {
  const { tone, word } = states[state];
  return (
    <li>
      <div className={classes.result}>
        <span className={classes.resultName}>{row.name}</span>
        <StatusWord tone={tone}>{word}</StatusWord>
      </div>
      {message && <p className={classes.message}>{message}</p>}
    </li>
  );
}
