import { dockerComposeOf, parseAppCompose, withFields, type KeyProvider } from '../compose/appCompose';
import type { DeployForm, FormChange } from './form';

/** Guests of this version on read manifests of version 3. */
const THIRD_MANIFEST = [0, 6, 0] as const;

/** The fields of a compose file that say who gives the application its keys; older guests know only the two flags. */
export const keyProviderFields = (provider: KeyProvider) => ({
  kms_enabled: provider === 'kms',
  local_key_provider_enabled: provider === 'local',
  key_provider: provider,
});

/** A compose file to begin with: the host's KMS and gateway where it has them, and nothing made public. */
export function newCompose(host: { kms: boolean; gateway: boolean }): string {
  return JSON.stringify(
    {
      manifest_version: 2,
      name: '',
      runner: 'docker-compose',
      docker_compose_file: '',
      ...keyProviderFields(host.kms ? 'kms' : 'none'),
      key_provider_id: '',
      gateway_enabled: host.gateway,
      public_logs: false,
      public_sysinfo: false,
      public_tcbinfo: true,
      allowed_envs: [],
      no_instance_id: false,
      secure_time: false,
    },
    undefined,
    2,
  );
}

/** The form after a change; a file that was begun here goes by the VM's name and fits its image. */
export function changed(form: DeployForm, change: FormChange, imageVersion: string | undefined): DeployForm {
  const next = { ...form, ...change };
  if (!next.own) return next;
  const fields = {
    name: next.name.trim(),
    ...(imageVersion && { manifest_version: manifestFor(imageVersion) }),
  };
  return { ...next, compose: withFields(next.compose, fields) };
}

/** The manifest's version that an image's guests read; from 3 on it is written as text. */
export function manifestFor(imageVersion: string): number | string {
  const parts = imageVersion.split('.').map((part) => Number.parseInt(part, 10));
  for (const [place, least] of THIRD_MANIFEST.entries()) {
    const part = parts[place] ?? 0;
    if (part !== least) return part > least ? '3' : 2;
  }
  return '3';
}

/** A VM's name after what its docker-compose file runs: its own name, else its first service. */
export function suggestedName(compose: string): string {
  const text = dockerComposeOf(parseAppCompose(compose) ?? {});
  const named = /^name:[ \t]*["']?([A-Za-z0-9_.-]{1,64})/m.exec(text)?.[1];
  const service = /^services:[^\n]*\n(?:[ \t]*(?:#[^\n]*)?\n)*[ \t]+["']?([A-Za-z0-9_.-]{1,64})/m.exec(
    text,
  )?.[1];
  return named ?? service ?? '';
}
