import { describe, expect, it } from 'vitest';
import { allowedEnvs, changedFields, keyProviderOf, kindOf, parseAppCompose, withFields } from './appCompose';

const FILE = '{\n\t"manifest_version": 2,\n\t"name": "shop",\n\t"future": {"b": 1, "a": 2}\n}\n';

describe('an app-compose file', () => {
  it('is told from a docker-compose file, which may be JSON too', () => {
    expect(kindOf(FILE)).toBe('app-compose');
    expect(kindOf('{"docker_compose_file": ""}')).toBe('app-compose');
    expect(kindOf('{"services": {}}')).toBe('docker-compose');
    expect(kindOf('services:\n  web:\n    image: nginx\n')).toBe('docker-compose');
    expect(kindOf('[1]')).toBe('docker-compose');
  });

  it('is not touched where nothing changes', () => {
    expect(withFields(FILE, { name: 'shop', allowed_envs: undefined })).toBe(FILE);
    expect(withFields('no JSON', { name: 'x' })).toBe('no JSON');
  });

  it('keeps indentation, last line, order and what is not known when a field changes', () => {
    expect(withFields(FILE, { name: 'store', allowed_envs: ['A'] })).toBe(
      '{\n\t"manifest_version": 2,\n\t"name": "store",\n\t"future": {\n\t\t"b": 1,\n\t\t"a": 2\n\t},\n\t"allowed_envs": [\n\t\t"A"\n\t]\n}\n',
    );
    expect(withFields('{"a":1,"b":2}', { a: undefined })).toBe('{"b":2}');
  });

  it('names its key provider as the host does', () => {
    expect(keyProviderOf({ key_provider: 'tpm', kms_enabled: true })).toBe('tpm');
    expect(keyProviderOf({ kms_enabled: true, local_key_provider_enabled: true })).toBe('kms');
    expect(keyProviderOf({ local_key_provider_enabled: true })).toBe('local');
    expect(keyProviderOf({ key_provider: null })).toBe('none');
  });

  it('tells the fields in which two differ', () => {
    const other = withFields(FILE, { name: 'store', future: undefined, swap_size: 1 });
    expect(changedFields(FILE, other)).toEqual([
      { field: 'name', before: 'shop', after: 'store' },
      { field: 'swap_size', before: undefined, after: 1 },
      { field: 'future', before: { b: 1, a: 2 }, after: undefined },
    ]);
    expect(changedFields(FILE, FILE)).toEqual([]);
  });

  it('may hold anything where names are expected', () => {
    expect(allowedEnvs(parseAppCompose('{"allowed_envs": ["A", 1, null]}') ?? {})).toEqual(['A']);
    expect(allowedEnvs({ allowed_envs: 'A' })).toEqual([]);
    expect(parseAppCompose('null')).toBeNull();
  });
});
