import { Link } from '@tanstack/react-router';
import type { NotCopied } from './fork';
import classes from './Deploy.module.css';

export interface ForkedFrom {
  id: string;
  name: string;
  notCopied: readonly NotCopied[];
}

/** What a copy of a VM goes without, said before anything is chosen. */
export function NotCopiedNote({ fork }: { fork: ForkedFrom }) {
  return (
    <section className={classes.note} aria-label="What is not copied">
      <p>
        Copied from{' '}
        <Link to="/vms/$id/overview" params={{ id: fork.id }}>
          {fork.name}
        </Link>
        : compose file, image, size, networks, KMS and gateway. Not copied:
      </p>
      <dl>
        {fork.notCopied.map(({ what, why }) => (
          <div key={what}>
            <dt>{what}</dt>
            <dd>{why}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
