import { Button } from '@mantine/core';
import classes from './Empty.module.css';

interface Props {
  /** What could not be had: `The users could not be read`. */
  title: string;
  /** What was thrown. */
  error: unknown;
  /** Asks again. */
  onRetry?: () => void;
}

/** Stands where the answer would, in the server's words, with a way on. */
export function Failure({ title, error, onRetry }: Props) {
  return (
    <div className={classes.empty} data-tone="alarm" role="status">
      <h3>{title}</h3>
      <p>{error instanceof Error ? error.message : String(error)}</p>
      {onRetry && (
        <Button size="compact-sm" variant="default" onClick={onRetry}>
          Try again
        </Button>
      )}
    </div>
  );
}
