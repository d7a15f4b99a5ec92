import { Button } from '@mantine/core';
import classes from './NotFound.module.css';

/** Stands where a page would that could not be drawn, or that came from another version of the console. */
export function Broken({ error }: { error: unknown }) {
  return (
    <div className={classes.page} role="alert">
      <h1>This page has failed</h1>
      <p>
        Nothing on the host has changed by that, and VMs run on. Loading the page anew helps if the server has
        been updated meanwhile; if it does not, tell its maintainers:{' '}
        <code>{error instanceof Error ? error.message : String(error)}</code>
      </p>
      <Button onClick={() => window.location.reload()}>Load anew</Button>
    </div>
  );
}
