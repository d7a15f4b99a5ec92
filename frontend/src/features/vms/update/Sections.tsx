import { Button, NativeSelect, Textarea } from '@mantine/core';
import { useState } from 'react';
import { Editor } from '@/components/editor/Editor';
import {
  allowedEnvs,
  dockerComposeOf,
  keyProviderOf,
  parseAppCompose,
  withFields,
} from '../compose/appCompose';
import { useDeploy } from '../deploy/deployContext';
import { envRow, environmentProblems, namesNotAllowed, variablesOf } from '../deploy/environment';
import { EnvTable } from '../deploy/environment/EnvTable';
import { KmsKey, type KmsKeyState } from '../deploy/environment/KmsKey';
import { Advanced, FieldRow, Group } from '../deploy/Group';
import { GpuChoice } from '../deploy/machine/GpuChoice';
import { ImageChoice } from '../deploy/machine/ImageChoice';
import { Networks } from '../deploy/network/Networks';
import { Ports } from '../deploy/network/Ports';
import { NumberInput } from '../deploy/NumberInput';
import { hasKms } from '../deploy/useHost';
import type { Update } from './useUpdate';
import classes from './Update.module.css';

type Shown = 'docker-compose' | 'app-compose';

/** The compose file against the one that the VM has: the part that people write, or all of it. */
export function ComposeSection({ update }: { update: Update }) {
  const { form, setForm, errorOf } = useDeploy();
  const compose = parseAppCompose(form.compose);
  const before = parseAppCompose(update.before.compose);
  const [wanted, setWanted] = useState<Shown>('docker-compose');
  // What can't be read any more can only be mended as a whole.
  const shown: Shown = compose && before && dockerComposeOf(before) !== '' ? wanted : 'app-compose';
  const error = errorOf('compose_file');
  return (
    <Group
      title="Application"
      text="What differs from the VM’s present file is marked. Every byte of it belongs to the application’s identity."
      actions={
        <div role="group" aria-label="Part of the compose file">
          <Button.Group>
            {(['docker-compose', 'app-compose'] as const).map((each) => (
              <Button
                key={each}
                size="compact-sm"
                variant={shown === each ? 'filled' : 'default'}
                aria-pressed={shown === each}
                disabled={each === 'docker-compose' && !compose}
                onClick={() => setWanted(each)}
              >
                {each === 'docker-compose' ? 'docker-compose.yml' : 'Whole app-compose.json'}
              </Button>
            ))}
          </Button.Group>
        </div>
      }
    >
      {shown === 'docker-compose' && compose && before ? (
        <Editor
          key="docker-compose"
          label="docker-compose.yml"
          language="yaml"
          before={dockerComposeOf(before)}
          value={dockerComposeOf(compose)}
          onChange={(yaml) => setForm({ compose: withFields(form.compose, { docker_compose_file: yaml }) })}
        />
      ) : (
        <Editor
          key="app-compose"
          label="app-compose.json"
          language="json"
          before={update.before.compose}
          value={form.compose}
          onChange={(text) => setForm({ compose: text })}
        />
      )}
      {error && <p className={classes.problem}>{error}</p>}
      <Advanced title="User config" open={Boolean(errorOf('user_config'))}>
        <Textarea
          label="User config"
          description="Handed to the guest as it is, and not part of the application’s identity. It can be replaced, but not emptied."
          error={errorOf('user_config')}
          value={form.userConfig}
          rows={4}
          spellCheck={false}
          onChange={({ currentTarget }) => setForm({ userConfig: currentTarget.value })}
        />
      </Advanced>
    </Group>
  );
}

/** Nobody but the VM can read the environment it has: it stays, or all of it is replaced. */
export function EnvironmentSection({ update, kmsKey }: { update: Update; kmsKey: KmsKeyState }) {
  const { form, setForm, env, setEnv, host } = useDeploy();
  const { replacesEnv, setReplacesEnv, base } = update;
  const compose = parseAppCompose(form.compose) ?? {};
  const names = namesNotAllowed(env, form.compose);
  const had = allowedEnvs(compose);
  const begin = () => {
    setReplacesEnv(true);
    setEnv(had.length > 0 ? had.map((name) => envRow(name, '')) : [envRow('', '')]);
  };
  return (
    <Group
      title="Encrypted environment"
      text="It is encrypted to the application, so nobody can show it here, and no single value of it can be changed: it can only be replaced as a whole."
      actions={
        <Button
          size="compact-sm"
          variant="default"
          onClick={() => (replacesEnv ? setReplacesEnv(false) : begin())}
        >
          {replacesEnv ? 'Keep it as it is' : 'Replace all of it'}
        </Button>
      }
    >
      {!replacesEnv && (
        <p className={classes.quiet}>
          {base.encrypted_env === '' ? 'The VM has none.' : 'It stays as it is.'}
          {had.length > 0 && ` The compose file lets in: ${had.join(', ')}.`}
        </p>
      )}
      {replacesEnv && (
        <>
          <EnvTable />
          {environmentProblems(env, form.compose, hasKms(host)).map(({ message }) => (
            <p key={message} className={classes.problem}>
              {message}.
            </p>
          ))}
          {names.length > 0 && (
            <div>
              <Button
                size="compact-sm"
                variant="default"
                onClick={() =>
                  setForm({ compose: withFields(form.compose, { allowed_envs: [...had, ...names] }) })
                }
              >
                Let {names.join(', ')} in: this changes the compose file
              </Button>
            </div>
          )}
          {variablesOf(env).length > 0 && keyProviderOf(compose) === 'kms' && <KmsKey state={kmsKey} />}
        </>
      )}
    </Group>
  );
}

/** What the machine is made of. */
export function MachineSection({ update }: { update: Update }) {
  const { form, setForm, host, errorOf } = useDeploy();
  const simulated = form.protection !== 'confidential' && form.protection !== 'plain';
  return (
    <>
      <Group
        title="Size"
        text={`Can change only while the VM is off. A disk never shrinks: it has ${update.before.disk} GB.`}
      >
        <FieldRow>
          <NumberInput
            label="vCPUs"
            value={form.vcpu}
            error={errorOf('vcpu')}
            onChange={(vcpu) => setForm({ vcpu })}
          />
          <NumberInput
            label="Memory"
            unit="MB"
            value={form.memory}
            error={errorOf('memory')}
            onChange={(memory) => setForm({ memory })}
          />
          <NumberInput
            label="Disk"
            unit="GB"
            value={form.disk}
            error={errorOf('disk_size')}
            onChange={(disk) => setForm({ disk })}
          />
        </FieldRow>
      </Group>
      <ImageChoice />
      <GpuChoice />
      <Advanced title="Protection" open={Boolean(errorOf('no_tee'))}>
        <NativeSelect
          label="Trusted execution environment (TEE)"
          description={
            simulated
              ? 'It simulates one, which can’t be changed: fork it instead.'
              : 'Huge pages, NUMA binding and simulation can’t be changed at all: fork the VM for that.'
          }
          error={errorOf('no_tee')}
          disabled={simulated}
          value={form.protection === 'confidential' ? 'confidential' : 'plain'}
          onChange={({ currentTarget }) =>
            setForm({ protection: currentTarget.value === 'confidential' ? 'confidential' : 'plain' })
          }
        >
          <option value="confidential" disabled={host.node.platform === 'none'}>
            Confidential VM
          </option>
          <option value="plain">Plain VM, without protection from the host</option>
        </NativeSelect>
      </Advanced>
    </>
  );
}

/** How it is reached, and whom it asks. */
export function NetworkSection() {
  const { form, setForm, host, errorOf } = useDeploy();
  const kms = host.meta.kms?.urls ?? [];
  const gateways = host.meta.gateway?.urls ?? [];
  return (
    <>
      <Ports />
      <Advanced title="Network interfaces" open={Boolean(errorOf('networks'))}>
        <Networks />
      </Advanced>
      <Advanced title="KMS and gateway" open={Boolean(errorOf('kms_urls') ?? errorOf('gateway_urls'))}>
        <Textarea
          label="KMS of this VM"
          description={`One URL a line. Empty: the host’s, ${kms.join(', ') || 'which has none'}.`}
          error={errorOf('kms_urls')}
          value={form.kmsUrls}
          rows={2}
          spellCheck={false}
          onChange={({ currentTarget }) => setForm({ kmsUrls: currentTarget.value })}
        />
        <Textarea
          label="Gateway of this VM"
          description={`One URL a line. Empty: the host’s, ${gateways.join(', ') || 'which has none'}.`}
          error={errorOf('gateway_urls')}
          value={form.gatewayUrls}
          rows={2}
          spellCheck={false}
          onChange={({ currentTarget }) => setForm({ gatewayUrls: currentTarget.value })}
        />
      </Advanced>
    </>
  );
}
