import { Button } from '@mantine/core';
import { TriangleAlert } from 'lucide-react';
import { ChangeList } from './ChangeList';
import type { Change } from './changes';
import classes from './Update.module.css';

interface Props {
  theirs: readonly Change[];
  onReload: () => void;
  onOverwrite: () => void;
}

/** Somebody else has changed the VM since this page was opened: nothing is applied before that is settled. */
export function Conflict({ theirs, onReload, onOverwrite }: Props) {
  return (
    <section className={classes.conflict} role="alert" aria-label="Changed meanwhile">
      <h2>
        <TriangleAlert size={16} aria-hidden /> Somebody else has changed this VM meanwhile
      </h2>
      <ChangeList changes={theirs} label="What they changed" />
      <div className={classes.choices}>
        <Button size="compact-sm" variant="default" onClick={onReload}>
          Take theirs, drop mine
        </Button>
        <Button size="compact-sm" variant="default" onClick={onOverwrite}>
          Keep what I changed
        </Button>
      </div>
    </section>
  );
}
