import { Link } from '@tanstack/react-router';
import { changedFields } from '../compose/appCompose';
import { useDeploy } from './deployContext';
import type { NotCopied } from './fork';
import type { Step } from './steps';
import classes from './Deploy.module.css';

export interface ForkedFrom {
  id: string;
  name: string;
  /** Its app-compose file. */
  compose: string;
  notCopied: readonly NotCopied[];
}

/** What a copy of a VM goes without: in full at the beginning and in the review, folded between. */
export function NotCopiedNote({ fork, step }: { fork: ForkedFrom; step: Step }) {
  const { form } = useDeploy();
  const changes = form.compose === fork.compose ? [] : changedFields(fork.compose, form.compose);
  const isOpen = step === 'application' || step === 'review';
  return (
    <section className={classes.note} aria-label="What is not copied">
      <p>
        Copied from{' '}
        <Link to="/vms/$id/overview" params={{ id: fork.id }}>
          {fork.name}
        </Link>
        : compose file, image, size, networks, KMS and gateway.
      </p>
      {form.compose !== fork.compose && (
        <p>
          The compose file is no longer the original’s
          {changes.length > 0 && ` (${changes.map(({ field }) => field).join(', ')})`}: the copy is another
          application, with other keys.
        </p>
      )}
      <details key={step} open={isOpen}>
        <summary>Not copied</summary>
        <dl>
          {fork.notCopied.map(({ what, why }) => (
            <div key={what}>
              <dt>{what}</dt>
              <dd>{why}</dd>
            </div>
          ))}
        </dl>
      </details>
    </section>
  );
}
