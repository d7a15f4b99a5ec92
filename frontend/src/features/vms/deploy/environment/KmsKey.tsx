import { Button, Checkbox, Loader } from '@mantine/core';
import { ShieldAlert, ShieldCheck, ShieldQuestion } from 'lucide-react';
import { CopyButton } from '@/components/ui/CopyButton';
import { useDeploy } from '../deployContext';
import { lines } from '../form';
import { consentFor, trustOf, trustWords } from '../keyTrust';
import type { CheckedKey, useKmsKey } from '../useKmsKey';
import classes from './Environment.module.css';

/** The key of the application, and what the user has said of it. */
export interface KmsKeyState {
  query: ReturnType<typeof useKmsKey>;
  trusted: readonly string[];
  trust: (signer: string, isTrusted: boolean) => void;
  consent: string;
  setConsent: (consent: string) => void;
}

const icons = { good: ShieldCheck, notice: ShieldQuestion, alarm: ShieldAlert };

/** Who signed the key that the environment is encrypted to, and whether the user wants to rely on them. */
export function KmsKey({ state }: { state: KmsKeyState }) {
  const { query } = state;
  const { data, error } = query;
  if (data) return <Found state={state} found={data} />;
  return (
    <section
      className={classes.key}
      data-tone={error ? 'alarm' : undefined}
      aria-label="Key of the application"
    >
      <h2>
        {error ? (
          'The KMS could not be asked for a key'
        ) : (
          <>
            <Loader size={14} aria-hidden /> Asking the KMS for the application’s key…
          </>
        )}
      </h2>
      {error && (
        <>
          <p>{error.message}</p>
          <Button size="compact-sm" variant="default" onClick={() => void query.refetch()}>
            Ask again
          </Button>
        </>
      )}
    </section>
  );
}

function Found({ state, found }: { state: KmsKeyState; found: CheckedKey }) {
  const { trusted, trust, consent, setConsent } = state;
  const { form, host } = useDeploy();
  const kind = trustOf(found, trusted);
  const words = trustWords[kind];
  const { verdict } = found;
  const { signer } = verdict;
  const Icon = icons[words.tone];
  const isOwnKms = lines(form.kmsUrls).some((url) => !host.meta.kms?.urls.includes(url));
  return (
    <section className={classes.key} data-tone={words.tone} aria-label="Key of the application">
      <h2>
        <Icon size={17} aria-hidden />
        {words.title}
      </h2>
      <p>{words.text}</p>
      {signer && (
        <dl>
          <dt>Signer’s address</dt>
          <dd>
            {signer.address}
            <CopyButton text={signer.address} label="Copy the signer’s address" />
          </dd>
          <dt>Signer’s public key</dt>
          <dd>
            {signer.publicKey}
            <CopyButton text={signer.publicKey} label="Copy the signer’s public key" />
          </dd>
        </dl>
      )}
      {isOwnKms && (
        <p>
          The key is the one of the host’s KMS. The VM asks its own: it can open the environment only if both
          are of one KMS.
        </p>
      )}
      {verdict.fault === null ? (
        <Checkbox
          label={words.consent}
          checked={kind === 'trusted'}
          onChange={({ currentTarget }) => trust(verdict.signer.publicKey, currentTarget.checked)}
        />
      ) : (
        <Checkbox
          label={words.consent}
          checked={consent === consentFor(found)}
          onChange={({ currentTarget }) => setConsent(currentTarget.checked ? consentFor(found) : '')}
        />
      )}
    </section>
  );
}
