import { notifications } from '@mantine/notifications';
import { useRef, useState } from 'react';
import { ApiError, call } from '@/api/client';
import { appIdOf, composeHash } from '@/crypto/composeHash';
import type { Variable } from '@/crypto/envelope';
import { fromHex, toHex } from '@/crypto/hex';
import { requestOf, type DeployForm } from './form';
import { isAgreed } from './keyTrust';
import { fetchKey } from './useKmsKey';

export type Progress = 'idle' | 'sealing' | 'creating';

interface Submit {
  progress: Progress;
  /** Why the last try failed, or empty. */
  failure: string;
  submit: (form: DeployForm, variables: readonly Variable[], consent: string) => void;
}

/**
 * Encrypts the environment and creates the VM; once, however often it is asked. The key is asked for anew and
 * its signer compared with what the user has seen, so that none can be put in between.
 *
 * @param trusted signers that need no word of the user's
 */
export function useSubmit(trusted: readonly string[], onCreated: (id: string) => void): Submit {
  const [progress, setProgress] = useState<Progress>('idle');
  const [failure, setFailure] = useState('');
  const busy = useRef(false);

  const create = async (form: DeployForm, variables: readonly Variable[], consent: string) => {
    let env = '';
    if (variables.length > 0) {
      setProgress('sealing');
      env = await seal(form, variables, trusted, consent);
    }
    setProgress('creating');
    const { id } = await call('CreateVm', requestOf(form, env));
    notifications.show({ message: `Created ${form.name.trim()}`, autoClose: 4_000 });
    onCreated(id);
  };

  const submit: Submit['submit'] = (...wanted) => {
    if (busy.current) return;
    busy.current = true;
    setFailure('');
    create(...wanted)
      .catch((error: unknown) => setFailure(explain(error)))
      .finally(() => {
        busy.current = false;
        setProgress('idle');
      });
  };

  return { progress, failure, submit };
}

export async function seal(
  form: DeployForm,
  variables: readonly Variable[],
  trusted: readonly string[],
  consent: string,
): Promise<string> {
  const appId =
    form.appId.trim().toLowerCase().replace(/^0x/, '') || appIdOf(await composeHash(form.compose));
  const found = await fetchKey(appId);
  if (!isAgreed(found, trusted, consent))
    throw new Error('The KMS’s key or its signer has changed since you looked at it. Look at it again.');
  const publicKey = fromHex(found.key.public_key);
  if (!publicKey) throw new Error('The KMS’s key is not hex.');
  const { sealEnvironment } = await import('@/crypto/envelope');
  return toHex(await sealEnvironment(variables, publicKey));
}

function explain(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  const unknown = error instanceof ApiError && (error.status === 0 || error.status === 504);
  return unknown
    ? `${message} The VM may have been created all the same: look for it in the list first.`
    : message;
}
