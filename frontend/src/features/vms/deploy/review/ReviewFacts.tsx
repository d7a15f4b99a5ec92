import { Link } from '@tanstack/react-router';
import { Facts, type Fact } from '@/components/ui/Facts';
import { formatDisk, formatMemory } from '@/lib/size';
import { keyProviderOf, parseAppCompose } from '../../compose/appCompose';
import { useDeploy, type Deploy } from '../deployContext';
import { variablesOf } from '../environment';
import { lines } from '../form';
import { Group } from '../Group';
import { stepTitles, type Step } from '../steps';

/** Every choice, by the step in which it was made. */
export function ReviewFacts() {
  const deploy = useDeploy();
  return (Object.keys(facts) as (keyof typeof facts)[]).map((step) => (
    <Group
      key={step}
      title={stepTitles[step]}
      actions={
        <Link
          to="/deploy"
          search={(before) => ({ ...before, step })}
          aria-label={`Change ${stepTitles[step]}`}
        >
          Change
        </Link>
      }
    >
      <Facts facts={facts[step](deploy)} />
    </Group>
  ));
}

const facts: Record<Exclude<Step, 'review'>, (deploy: Deploy) => readonly Fact[]> = {
  application: ({ form, appId, hash }) => [
    { term: 'Name', value: form.name.trim() },
    { term: 'App id', value: appId, mono: true, ...(appId && { copy: appId }) },
    { term: 'Compose hash', value: hash, mono: true, ...(hash && { copy: hash }) },
    ...(form.userConfig ? [{ term: 'User data', value: `${form.userConfig.length} characters` }] : []),
  ],
  environment: ({ form, env }) => [
    { term: 'Keys from', value: keyProviderOf(parseAppCompose(form.compose) ?? {}) },
    {
      term: 'Variables',
      value: variablesOf(env)
        .map(({ key }) => key)
        .join(', '),
      mono: true,
    },
    ...(form.kmsUrls.trim() ? [{ term: 'KMS', value: lines(form.kmsUrls).join(', '), mono: true }] : []),
  ],
  machine: ({ form }) => [
    ...(form.node ? [{ term: 'Node', value: form.node }] : []),
    { term: 'Image', value: form.image },
    {
      term: 'Size',
      value: `${Number(form.vcpu)} vCPU · ${formatMemory(Number(form.memory))} · ${formatDisk(Number(form.disk))} disk`,
    },
    { term: 'Protection', value: protectionText(form.protection) },
    ...(form.gpuMode === 'none'
      ? []
      : [{ term: 'GPUs', value: form.gpuMode === 'all' ? 'all' : form.gpus.join(', '), mono: true }]),
    ...(form.hugepages ? [{ term: 'Memory', value: 'in huge pages' }] : []),
    ...(form.pinNuma ? [{ term: 'CPUs', value: 'those near its GPUs' }] : []),
    ...(form.stopped ? [{ term: 'At first', value: 'prepared, not started' }] : []),
  ],
  network: ({ form, host }) => [
    {
      term: 'Ports',
      value: form.ports
        .map(
          (port) =>
            `${port.protocol} ${port.host_address || host.node.port_rules.address}:${port.host_port} → ${port.vm_port}`,
        )
        .join(', '),
      mono: true,
    },
    {
      term: 'Interfaces',
      value:
        form.networks
          .map(({ mode, bridge_name }) => (bridge_name ? `${mode} ${bridge_name}` : mode))
          .join(', ') || 'the host’s default',
    },
    {
      term: 'Gateway',
      value:
        parseAppCompose(form.compose)?.gateway_enabled === true
          ? lines(form.gatewayUrls).join(', ') || 'the host’s'
          : 'not used',
    },
  ],
};

function protectionText(protection: Deploy['form']['protection']): string {
  if (protection === 'confidential') return 'confidential VM';
  return protection === 'plain' ? 'none: a plain VM' : `none: ${protection} is only simulated`;
}
