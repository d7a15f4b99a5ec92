import { expect, it } from 'vitest';
import { appFields, appTexts } from './appFields';

const compose = {
  name: 'shop',
  allowed_envs: ['A', 'B'],
  kms_enabled: true,
  requirements: { os_version: '>=0.5' },
  docker_compose_file: 'services: {}',
  init_script: ['one', 'two'],
  pre_launch_script: '',
  new_field: 7,
  toString: 'x',
};

it('shows each field as it stands, and explains those it knows', () => {
  const fields = appFields(compose);
  expect(fields.map(({ name, value }) => `${name}=${value}`)).toEqual([
    'name=shop',
    'allowed_envs=A, B',
    'kms_enabled=true',
    'requirements={"os_version":">=0.5"}',
    'new_field=7',
    'toString=x',
  ]);
  expect(fields.at(-1)?.meaning).toBe('');
  expect(fields[0]?.meaning).not.toBe('');
});

it('shows each text apart, and none that is empty', () => {
  expect(appTexts(compose).map(({ title, text }) => `${title}: ${text}`)).toEqual([
    'Containers (docker-compose file): services: {}',
    'Script before everything else: one',
    'Script before everything else (2): two',
  ]);
});
