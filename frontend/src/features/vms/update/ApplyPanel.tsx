import { Button, NativeSelect } from '@mantine/core';
import { useState } from 'react';
import type { VmRow } from '@/api/vm';
import { ApplyProgress } from './ApplyProgress';
import { ChangeList } from './ChangeList';
import { Identity } from './Identity';
import type { Manner, useApply } from './useApply';
import type { Update } from './useUpdate';
import classes from './Update.module.css';

interface Props {
  update: Update;
  apply: ReturnType<typeof useApply>;
  onApply: (manner: Manner, start: boolean) => void;
}

const manners: Record<Manner, string> = {
  shutdown: 'Shut down, apply, start again',
  stop: 'Stop at once, apply, start again',
  later: 'Apply now, use at the next start',
};

/** Everything that will change and what it means, and the way to do it. */
export function ApplyPanel({ update, apply, onApply }: Props) {
  const { row, changes, problems, notes, theirs } = update;
  const needsStop = changes.some((change) => change.needsStop);
  const runs = !isOff(row);
  const [chosen, setChosen] = useState<Manner | null>(null);
  const offered: Manner[] = needsStop ? ['shutdown', 'stop'] : ['shutdown', 'stop', 'later'];
  const manner = chosen && offered.includes(chosen) ? chosen : 'shutdown';
  const blocked = changes.length === 0 || problems.length > 0 || theirs.length > 0 || apply.busy;

  return (
    <aside className={classes.panel} aria-label="What changes">
      <h2>What changes</h2>
      {changes.length === 0 ? (
        <p className={classes.quiet}>Nothing yet.</p>
      ) : (
        <ChangeList changes={changes} label="Changes" />
      )}
      {changes.length > 0 && <Identity update={update} />}
      {problems.length > 0 && (
        <ul className={classes.problems} aria-label="In the way">
          {problems.map(({ field, message }) => (
            <li key={`${field} ${message}`}>{message}</li>
          ))}
        </ul>
      )}
      {notes.length > 0 && (
        <ul className={classes.notes} aria-label="Worth knowing" role="status">
          {notes.map(({ field, message }) => (
            <li key={`${field} ${message}`}>{message}</li>
          ))}
        </ul>
      )}
      {runs && changes.length > 0 && (
        <NativeSelect
          label="How"
          description={
            needsStop ? 'It runs, and some of this can change only while it is off.' : 'It runs now.'
          }
          value={manner}
          disabled={apply.busy}
          onChange={({ currentTarget }) => setChosen(currentTarget.value as Manner)}
          data={offered.map((value) => ({ value, label: manners[value] }))}
        />
      )}
      <div className={classes.buttons}>
        {runs ? (
          <Button disabled={blocked} loading={apply.busy} onClick={() => onApply(manner, manner !== 'later')}>
            {manner === 'later' ? 'Apply' : 'Apply and restart'}
          </Button>
        ) : (
          <>
            <Button disabled={blocked} loading={apply.busy} onClick={() => onApply('later', false)}>
              Apply
            </Button>
            <Button variant="default" disabled={blocked} onClick={() => onApply('later', true)}>
              Apply and start
            </Button>
          </>
        )}
      </div>
      {apply.progress && <ApplyProgress progress={apply.progress} />}
    </aside>
  );
}

/** Off, and meant to be: what has exited may be started again by itself at any moment. */
const isOff = (row: VmRow): boolean => row.actual === 'off' && row.status === 'stopped';
