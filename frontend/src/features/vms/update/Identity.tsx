import { shorten } from '@/lib/shorten';
import { keyProviderOf, parseAppCompose } from '../compose/appCompose';
import type { Update } from './useUpdate';
import classes from './Update.module.css';

/** What of the machine is measured besides the compose file. */
const measured = ['image', 'vcpu', 'memory', 'gpus', 'no_tee'];

/** What the changes mean for who the application is to others, and for its keys. */
export function Identity({ update }: { update: Update }) {
  const { deploy, hashBefore, base, changes, before } = update;
  const { hash, form } = deploy;
  const hashChanges = hash !== undefined && hashBefore !== undefined && hash !== hashBefore;
  // A plain VM proves nothing to anybody.
  const machine = changes
    .filter(({ field }) => form.protection === 'confidential' && measured.includes(field))
    .map(({ title }) => title);
  const provider = keyProviderOf(parseAppCompose(form.compose) ?? {});
  const providerBefore = keyProviderOf(parseAppCompose(before.compose) ?? {});
  return (
    <div className={classes.identity}>
      <h3>Identity</h3>
      <p>
        App id <code title={base.app_id ?? ''}>{shorten(base.app_id ?? '', 12)}</code> stays: a VM keeps the
        one that it was created with.
      </p>
      {hashChanges ? (
        <p>
          Compose hash <code title={hashBefore}>{shorten(hashBefore, 12)}</code> becomes{' '}
          <code title={hash}>{shorten(hash, 12)}</code>: the VM will be measured as another version of the
          application.{' '}
          {provider === 'kms' &&
            'Its KMS gives it keys only if it allows this hash for the app id; the keys themselves stay the same.'}
          {(provider === 'local' || provider === 'tpm') &&
            'Its keys come from this host and may be bound to what is measured: the disk may not open any more.'}
        </p>
      ) : (
        <p>The compose hash stays the same.</p>
      )}
      {provider !== providerBefore && (
        <p>
          <strong>The key provider changes</strong> from {providerBefore} to {provider}: with other keys, what
          is on the disk can’t be opened.
        </p>
      )}
      {machine.length > 0 && (
        <p>{machine.join(', ')}: measured, too. Who checks measurements must expect the new ones.</p>
      )}
    </div>
  );
}
