/**
 * An app-compose file: the JSON text that is an application's identity. A guest measures its exact bytes, so what
 * isn't changed on purpose stays as it was written.
 */

/** The file's fields, by name; what this console doesn't know is kept. */
export type AppCompose = Record<string, unknown>;

/** Who gives the application its keys. */
export type KeyProvider = 'none' | 'kms' | 'local' | 'tpm';

export const keyProviders: readonly KeyProvider[] = ['none', 'kms', 'local', 'tpm'];

/** The fields of an app-compose file, or null where the text is no JSON object. */
export function parseAppCompose(text: string): AppCompose | null {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : null;
  } catch {
    return null;
  }
}

/** What somebody dropped or pasted: an app-compose file says what is to be run, a docker-compose file is YAML. */
export function kindOf(text: string): 'app-compose' | 'docker-compose' {
  const compose = parseAppCompose(text);
  return compose && ('manifest_version' in compose || 'docker_compose_file' in compose)
    ? 'app-compose'
    : 'docker-compose';
}

/** The text with these fields as given; undefined takes one out. Where all are as they were, so is every byte. */
export function withFields(text: string, changes: AppCompose): string {
  const compose = parseAppCompose(text);
  if (!compose) return text;
  const changed = Object.entries(changes).filter(([field, value]) => !isSame(compose[field], value));
  if (changed.length === 0) return text;
  const next: AppCompose = { ...compose, ...Object.fromEntries(changed) };
  return JSON.stringify(next, undefined, indentOf(text)) + (text.endsWith('\n') ? '\n' : '');
}

/** As the host reads it: the newer field wins over the two older ones. */
export function keyProviderOf(compose: AppCompose): KeyProvider {
  const named = keyProviders.find((provider) => provider === compose.key_provider);
  if (named) return named;
  if (compose.kms_enabled === true) return 'kms';
  return compose.local_key_provider_enabled === true ? 'local' : 'none';
}

/** Names of the environment that the application takes. */
export function allowedEnvs(compose: AppCompose): readonly string[] {
  const names = compose.allowed_envs;
  return Array.isArray(names) ? names.filter((name) => typeof name === 'string') : [];
}

export const dockerComposeOf = (compose: AppCompose): string =>
  typeof compose.docker_compose_file === 'string' ? compose.docker_compose_file : '';

export interface FieldChange {
  field: string;
  before: unknown;
  after: unknown;
}

/** The fields in which two app-compose files differ, in the order of the second; all of it if one can't be read. */
export function changedFields(before: string, after: string): readonly FieldChange[] {
  const one = parseAppCompose(before) ?? {};
  const other = parseAppCompose(after) ?? {};
  const names = new Set([...Object.keys(other), ...Object.keys(one)]);
  return [...names]
    .filter((field) => !isSame(one[field], other[field]))
    .map((field) => ({ field, before: one[field], after: other[field] }));
}

const isObject = (value: unknown): value is AppCompose =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Both are JSON: the same text is the same value, and another order of keys is another text to a guest. */
const isSame = (one: unknown, other: unknown): boolean => JSON.stringify(one) === JSON.stringify(other);

const indentOf = (text: string): string | undefined => /^\{\r?\n([ \t]+)"/.exec(text)?.[1];
