import { Link } from '@tanstack/react-router';
import type { ImageRow } from '@/api/image';
import { usersText } from './usersText';
import classes from './Table.module.css';

/** Which VMs are of an image; leads to them in the list. */
export function UsedBy({ image }: { image: ImageRow }) {
  const { count, names } = image.used_by;
  return (
    <div className={classes.usedBy} role="cell">
      {count === 0 ? (
        <span className={classes.muted}>no VM</span>
      ) : (
        <Link
          to="/"
          search={{ q: `image:${image.name}` }}
          className={classes.link}
          title={`Show the ${count === 1 ? 'VM' : `${count} VMs`} of this image`}
        >
          {usersText(count, names)}
        </Link>
      )}
    </div>
  );
}
