import type { Change } from './changes';
import classes from './Update.module.css';

/** What changes, from what to what. */
export function ChangeList({ changes, label }: { changes: readonly Change[]; label: string }) {
  return (
    <ul className={classes.changes} aria-label={label}>
      {changes.map(({ field, title, before, after, needsStop }) => (
        <li key={field}>
          <span className={classes.changeTitle}>
            {title}
            {needsStop && <span className={classes.tag}>needs a stop</span>}
          </span>
          {after !== '' && (
            <span className={classes.values}>
              {before !== '' && (
                <>
                  <del>{before}</del> <span aria-hidden>→</span>{' '}
                </>
              )}
              <ins>{after}</ins>
            </span>
          )}
        </li>
      ))}
    </ul>
  );
}
