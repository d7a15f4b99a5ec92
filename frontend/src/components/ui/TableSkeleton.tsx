import classes from './TableSkeleton.module.css';

/** Where the rows will be, before the server has said which. */
export function TableSkeleton({ what }: { what: string }) {
  return (
    <div className={classes.frame} role="status">
      <span className="visually-hidden">Loading {what}</span>
      {[0, 1, 2, 3, 4].map((line) => (
        <div key={line} className={classes.line} aria-hidden />
      ))}
    </div>
  );
}
