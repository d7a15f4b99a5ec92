import { keyProviderOf, parseAppCompose } from '../compose/appCompose';
import { variablesOf, type EnvRow } from './environment';
import type { DeployForm } from './form';
import { hasKms, type Host } from './useHost';

/** Whether there is something to encrypt, and a KMS to ask for the key. */
export const needsKey = (form: DeployForm, env: readonly EnvRow[], host: Host): boolean =>
  variablesOf(env).length > 0 && hasKms(host) && keyProviderOf(parseAppCompose(form.compose) ?? {}) === 'kms';
