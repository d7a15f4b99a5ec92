import { History } from 'lucide-react';
import type { VmRow } from '@/api/vm';
import classes from './Configuration.module.css';

/** Said where what runs is not what is written here. */
export function NextStart({ row }: { row: VmRow }) {
  if (!row.changed_since_start) return null;
  return (
    <section className={classes.notice} aria-label="Not in effect yet">
      <History size={16} aria-hidden />
      <p>
        <strong>It still runs with an older configuration.</strong> What is shown here was changed after its
        start, and takes effect at the next one: shut it down, then start it.
      </p>
    </section>
  );
}
