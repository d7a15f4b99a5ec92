import { Link } from '@tanstack/react-router';
import classes from './NotFound.module.css';

export function NotFound() {
  return (
    <div className={classes.page}>
      <h1>There is no such page</h1>
      <p>
        The address may be from another version of this console. <Link to="/">See all virtual machines</Link>.
      </p>
    </div>
  );
}
