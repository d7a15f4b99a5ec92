import type { RegistryRow as Row } from './registryRows';
import { RegistryRow } from './RegistryRow';
import type { ImageActions } from './useImageActions';
import classes from './Table.module.css';

/** The registry's tags, and how each can get here or does. */
export function RegistryTable({ rows, actions }: { rows: readonly Row[]; actions: ImageActions }) {
  return (
    <div className={classes.table} role="table" aria-label="Images in the registry">
      <div className={classes.head} role="rowgroup">
        <div className={classes.headRow} data-of="registry" role="row">
          <span role="columnheader">Tag</span>
          <span role="columnheader">Status</span>
          <span role="columnheader">
            <span className="visually-hidden">Actions</span>
          </span>
        </div>
      </div>
      <div role="rowgroup">
        {rows.map((row) => (
          <RegistryRow key={row.tag} row={row} actions={actions} />
        ))}
      </div>
    </div>
  );
}
