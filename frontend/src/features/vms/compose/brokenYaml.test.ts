import { expect, it } from 'vitest';
import { brokenYaml } from './brokenYaml';

const appCompose = (yaml: string): string => JSON.stringify({ docker_compose_file: yaml });

it('tells where a docker-compose file breaks', () => {
  const said = brokenYaml(appCompose('services:\n  web:\n    image: nginx:1.29\n      restart: always\n'));
  expect(said).toMatch(/^docker-compose\.yml, line [34]: .*\. The guest could not run it\.$/);
});

it('says nothing of one that parses, of none, and of what is no app-compose file', () => {
  expect(brokenYaml(appCompose('services:\n  web:\n    image: nginx\n'))).toBe('');
  expect(brokenYaml(appCompose(''))).toBe('');
  expect(brokenYaml('{}')).toBe('');
  expect(brokenYaml('no JSON')).toBe('');
});
