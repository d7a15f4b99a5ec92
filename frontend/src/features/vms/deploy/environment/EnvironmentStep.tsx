import { Button, NativeSelect, Textarea, TextInput } from '@mantine/core';
import {
  keyProviderOf,
  keyProviders,
  parseAppCompose,
  withFields,
  type KeyProvider,
} from '../../compose/appCompose';
import { useDeploy } from '../deployContext';
import { environmentProblems, namesNotAllowed, variablesOf } from '../environment';
import { Advanced, Group } from '../Group';
import { keyProviderFields } from '../ownCompose';
import { EnvTable } from './EnvTable';
import { needsKey } from '../needsKey';
import { hasKms } from '../useHost';
import { KmsKey, type KmsKeyState } from './KmsKey';
import classes from './Environment.module.css';

const providers: Record<KeyProvider, string> = {
  none: 'Nobody: a new key at every start, nothing on the disk outlives it',
  kms: 'A KMS, to VMs that prove what they run',
  local: 'This host’s own key provider: the disk opens on this host only',
  tpm: 'The VM’s TPM',
};

/** Who gives the application its keys, and the variables that are encrypted to them. */
export function EnvironmentStep({ kmsKey }: { kmsKey: KmsKeyState }) {
  const { form, setForm, env, host, errorOf } = useDeploy();
  const compose = parseAppCompose(form.compose) ?? {};
  const provider = keyProviderOf(compose);
  const set = (fields: Record<string, unknown>) => setForm({ compose: withFields(form.compose, fields) });
  const names = namesNotAllowed(env, form.compose);
  const hasVariables = variablesOf(env).length > 0;
  const kmsUrls = host.meta.kms?.urls ?? [];
  return (
    <>
      <Group
        title="Keys"
        text="A VM’s disk and its environment are encrypted. Somebody has to give it the keys at every start."
      >
        <NativeSelect
          aria-label="Who gives the application its keys"
          value={provider}
          data={keyProviders.map((each) => ({ value: each, label: providers[each] }))}
          onChange={({ currentTarget }) => set(keyProviderFields(currentTarget.value as KeyProvider))}
        />
        <Advanced title="Which KMS" open={Boolean(errorOf('kms_urls'))}>
          <Textarea
            label="KMS of this VM"
            description={`One URL a line. Left empty, it is the host’s: ${kmsUrls.join(', ') || 'none is configured'}.`}
            error={errorOf('kms_urls')}
            value={form.kmsUrls}
            rows={2}
            spellCheck={false}
            onChange={({ currentTarget }) => setForm({ kmsUrls: currentTarget.value })}
          />
          <TextInput
            label="Only this key provider"
            description="Hex: its public key. The application then gets keys from no other. Empty: any that the host names."
            value={typeof compose.key_provider_id === 'string' ? compose.key_provider_id : ''}
            spellCheck={false}
            autoComplete="off"
            onChange={({ currentTarget }) => set({ key_provider_id: currentTarget.value.trim() })}
          />
        </Advanced>
      </Group>
      <Group
        title="Encrypted environment"
        text="Passwords and tokens that your compose file uses as ${NAME}. They are encrypted in this browser; the host never sees them, and they are not kept here."
      >
        <EnvTable />
        {environmentProblems(env, form.compose, hasKms(host)).map(({ message }) => (
          <p key={message} className={classes.problem}>
            {message}.
          </p>
        ))}
        {hasVariables && (provider !== 'kms' || names.length > 0) && (
          <div className={classes.fixes}>
            {provider !== 'kms' && hasKms(host) && (
              <Button size="compact-sm" variant="default" onClick={() => set(keyProviderFields('kms'))}>
                Use a KMS
              </Button>
            )}
            {names.length > 0 && (
              <Button
                size="compact-sm"
                variant="default"
                onClick={() => set({ allowed_envs: [...listOf(compose.allowed_envs), ...names] })}
              >
                Let {names.join(', ')} in
              </Button>
            )}
          </div>
        )}
      </Group>
      {needsKey(form, env, host) && <KmsKey state={kmsKey} />}
    </>
  );
}

const listOf = (value: unknown): unknown[] => (Array.isArray(value) ? (value as unknown[]) : []);
