import { problemsOfYaml } from '@/components/editor/yamlProblems';
import { dockerComposeOf, parseAppCompose } from './appCompose';

/**
 * What is said of an app-compose file whose docker-compose file breaks YAML's grammar; empty where it does not. The
 * host doesn't look into that file; docker in the guest will.
 */
export function brokenYaml(compose: string): string {
  const yaml = dockerComposeOf(parseAppCompose(compose) ?? {});
  const problem = problemsOfYaml(yaml).find(({ severity }) => severity === 'error');
  if (!problem) return '';
  const line = yaml.slice(0, problem.from).split('\n').length;
  return `docker-compose.yml, line ${line}: ${problem.message}. The guest could not run it.`;
}
