import classes from './FormError.module.css';

/** Why what a form asked for was not done, in the server's words, read out when it appears. Nothing without an error. */
export function FormError({ error }: { error: Error | null }) {
  if (error === null) return null;
  return (
    <div className={classes.error} role="alert">
      {error.message}
    </div>
  );
}
