import { Link } from '@tanstack/react-router';
import type { VmRow } from '@/api/vm';
import { Empty } from '@/components/ui/Empty';
import classes from './Missing.module.css';

interface Props {
  id: string;
  /** How it was when it was last seen on this page; undefined if it never was. */
  last: VmRow | undefined;
}

/** Stands where the VM would: it was removed meanwhile, or there is none with this id that one may see. */
export function Missing({ id, last }: Props) {
  return (
    <div className={classes.missing}>
      <h1 className="visually-hidden">{last ? last.name : 'Unknown virtual machine'}</h1>
      <Empty
        heading="h2"
        title={last ? `${last.name} was removed` : 'There is no such virtual machine here'}
        action={
          <Link to="/" className={classes.back}>
            All virtual machines
          </Link>
        }
      >
        {last ? (
          'Its disk, its configuration, its events and its logs are gone with it, and its ports are free again.'
        ) : (
          <>
            Nothing that you may see has the id <code>{id.slice(0, 64)}</code>. It may have been removed, or
            it belongs to somebody else.
          </>
        )}
      </Empty>
    </div>
  );
}
