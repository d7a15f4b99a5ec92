import type { Variable } from '@/crypto/envelope';
import { allowedEnvs, keyProviderOf, parseAppCompose } from '../compose/appCompose';
import { ENV_NAME } from './envFile';
import type { Remark } from './steps';

/** A row of the table of variables. */
export interface EnvRow extends Variable {
  id: number;
  /** It had a value, before the page was loaded again or in the VM that is copied; values are kept nowhere. */
  lost?: boolean;
}

let lastId = 0;

export const envRow = (key: string, value: string, lost = false): EnvRow => {
  lastId += 1;
  return { id: lastId, key, value, lost };
};

/** The rows with those variables in them; a name that is there gets the new value. */
export function withVariables(rows: readonly EnvRow[], variables: readonly Variable[]): readonly EnvRow[] {
  const values = new Map(variables.map(({ key, value }) => [key, value]));
  const kept = rows
    .filter(({ key, value }) => key !== '' || value !== '')
    .map((row) => ({
      ...row,
      value: values.get(row.key) ?? row.value,
      lost: !values.has(row.key) && (row.lost ?? false),
    }));
  const known = new Set(kept.map(({ key }) => key));
  return [
    ...kept,
    ...variables.filter(({ key }) => !known.has(key)).map(({ key, value }) => envRow(key, value)),
  ];
}

/** What is sent: rows in which nothing stands are none. */
export const variablesOf = (rows: readonly EnvRow[]): readonly Variable[] =>
  rows.filter(({ key, value }) => key !== '' || value !== '').map(({ key, value }) => ({ key, value }));

/** What is wrong with a row, or undefined. */
export function problemOfRow(rows: readonly EnvRow[], row: EnvRow): string | undefined {
  if (row.key === '') return row.value === '' ? undefined : 'Give it a name';
  if (!ENV_NAME.test(row.key)) return 'Letters, digits and _ only, and no digit first';
  if (rows.some((other) => other.id < row.id && other.key === row.key)) return 'This name is there already';
  if (row.lost) return 'Enter its value: values are never kept or copied';
  return undefined;
}

/** Names that have a value, but that the compose file does not let in. */
export function namesNotAllowed(rows: readonly EnvRow[], compose: string): readonly string[] {
  const allowed = new Set(allowedEnvs(parseAppCompose(compose) ?? {}));
  return variablesOf(rows)
    .map(({ key }) => key)
    .filter((key) => key !== '' && !allowed.has(key));
}

/** Why the environment can't be sent as it is. `hasKms`: the host can be asked for the key of an application. */
export function environmentProblems(
  rows: readonly EnvRow[],
  compose: string,
  hasKms: boolean,
): readonly Remark[] {
  if (variablesOf(rows).length === 0) return [];
  const found: string[] = [];
  const wrong = rows.filter((row) => problemOfRow(rows, row) !== undefined).length;
  if (wrong > 0)
    found.push(wrong === 1 ? 'One variable is not right yet' : `${wrong} variables are not right yet`);
  if (!hasKms)
    found.push(
      'This host has no KMS (kms_url), and only a KMS can give the VM the key that opens its environment: take the variables out, or ask the operator for one',
    );
  else if (keyProviderOf(parseAppCompose(compose) ?? {}) !== 'kms')
    found.push(
      'Only a KMS can give the VM the key that opens its environment: choose it as the key provider',
    );
  const names = namesNotAllowed(rows, compose);
  if (names.length > 0)
    found.push(`The compose file’s allowed_envs lacks ${names.join(', ')}: the guest would drop it`);
  return found.map((message) => ({ field: 'encrypted_env', message }));
}
