import type { AppCompose } from '../../compose/appCompose';

/** What the fields of an app-compose file mean, for somebody who has never seen one. */
const meanings = new Map<string, string>([
  ['manifest_version', 'Which edition of this file’s rules it is written by.'],
  ['name', 'The application’s name.'],
  ['runner', 'What runs it in the guest: docker-compose, or a bash script.'],
  ['kms_enabled', 'A key management service gives it its keys, after checking what runs.'],
  ['gateway_enabled', 'It is reached through the gateway, under a web address of its own.'],
  ['tproxy_enabled', 'The older name of gateway_enabled.'],
  ['local_key_provider_enabled', 'A key provider on this host gives it its keys.'],
  ['key_provider', 'Who gives it its keys: kms, local, tpm or none.'],
  ['key_provider_id', 'The one key provider that it accepts.'],
  ['public_logs', 'Anybody who can reach it may read its containers’ logs.'],
  ['public_sysinfo', 'Anybody who can reach it may see how its system is.'],
  ['public_tcbinfo', 'Anybody who can reach it may see its measurements.'],
  ['allowed_envs', 'Names of the encrypted environment that it takes; others are ignored.'],
  ['no_instance_id', 'All its instances are the same to it: they share keys and disks’ keys.'],
  ['secure_time', 'It waits for a trustworthy clock before it starts.'],
  ['storage_fs', 'The file system of its data disk.'],
  ['swap_size', 'Bytes of encrypted swap.'],
  ['requirements', 'What guest and platform must be like for it to start.'],
  ['verity_volumes', 'Read-only disks, checked block by block as they are read.'],
  ['features', 'The older way to switch things on, by name.'],
]);

/** Fields that are files of their own, shown apart. */
const texts = new Set(['docker_compose_file', 'init_script', 'pre_launch_script', 'bash_script']);

export interface AppField {
  name: string;
  value: string;
  meaning: string;
}

/** The fields that fit in a line, as they stand in the file. */
export function appFields(compose: AppCompose): AppField[] {
  return Object.entries(compose)
    .filter(([name]) => !texts.has(name))
    .map(([name, value]) => ({ name, value: shown(value), meaning: meanings.get(name) ?? '' }));
}

export interface AppText {
  title: string;
  text: string;
  language: 'yaml' | 'text';
}

/** What is run, and the scripts around it. */
export function appTexts(compose: AppCompose): AppText[] {
  const named: [string, string, AppText['language']][] = [
    ['docker_compose_file', 'Containers (docker-compose file)', 'yaml'],
    ['bash_script', 'Script that is the app', 'text'],
    ['init_script', 'Script before everything else', 'text'],
    ['pre_launch_script', 'Script before the containers', 'text'],
  ];
  return named.flatMap(([field, title, language]) => {
    const value = compose[field];
    const parts = (Array.isArray(value) ? value : [value]).filter(
      (part): part is string => typeof part === 'string',
    );
    return parts
      .filter((text) => text !== '')
      .map((text, place) => ({ title: place === 0 ? title : `${title} (${place + 1})`, text, language }));
  });
}

function shown(value: unknown): string {
  if (typeof value === 'string') return value;
  if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return value.join(', ');
  return JSON.stringify(value);
}
