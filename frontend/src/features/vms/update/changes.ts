import type { RequestOf } from '@/api/methods';
import { formatDisk, formatMemory } from '@/lib/size';
import { requestOf, type DeployForm, type NetworkField, type PortField } from '../deploy/form';

/** One thing that an update changes. */
export interface Change {
  /** As CheckVm and UpdateVm name it. */
  field: string;
  title: string;
  /** In a few words; empty where the text is too long to say, as a compose file is. */
  before: string;
  after: string;
  /** It can change only while the VM is off; all else is written at once and used from the next start on. */
  needsStop: boolean;
}

type Show = (form: DeployForm) => string;

interface Field {
  field: string;
  title: string;
  /** What two forms differ in. */
  of: (form: DeployForm) => unknown;
  show: Show;
  needsStop?: boolean;
}

const unsaid: Show = () => '';
const listed = (texts: readonly string[], none: string): string => texts.join(', ') || none;

const portText = (port: PortField): string =>
  `${port.host_address || '*'}:${port.host_port} → ${port.vm_port}${port.protocol === 'udp' ? '/udp' : ''}`;
const networkText = ({ mode, bridge_name }: NetworkField): string =>
  mode === 'bridge' ? `bridge ${bridge_name}` : 'user';

function gpuText({ gpuMode, gpus }: DeployForm): string {
  if (gpuMode === 'all') return 'all of NVIDIA';
  return gpuMode === 'none' ? 'none' : listed(gpus, 'none');
}

const fields: readonly Field[] = [
  { field: 'compose_file', title: 'Compose file', of: ({ compose }) => compose, show: unsaid },
  { field: 'user_config', title: 'User config', of: ({ userConfig }) => userConfig, show: unsaid },
  { field: 'image', title: 'Image', of: ({ image }) => image, show: ({ image }) => image, needsStop: true },
  {
    field: 'vcpu',
    title: 'vCPUs',
    of: ({ vcpu }) => vcpu,
    show: ({ vcpu }) => String(vcpu),
    needsStop: true,
  },
  {
    field: 'memory',
    title: 'Memory',
    of: ({ memory }) => memory,
    show: ({ memory }) => formatMemory(Number(memory)),
    needsStop: true,
  },
  {
    field: 'disk_size',
    title: 'Disk',
    of: ({ disk }) => disk,
    show: ({ disk }) => formatDisk(Number(disk)),
    needsStop: true,
  },
  {
    field: 'gpus',
    title: 'GPUs',
    of: ({ gpuMode, gpus }) => (gpuMode === 'listed' ? gpus : gpuMode),
    show: gpuText,
  },
  {
    field: 'no_tee',
    title: 'Protection',
    of: ({ protection }) => protection === 'confidential',
    show: ({ protection }) => (protection === 'confidential' ? 'confidential' : 'plain'),
  },
  {
    field: 'ports',
    title: 'Ports',
    of: ({ ports }) => ports,
    show: ({ ports }) => listed(ports.map(portText), 'none'),
  },
  {
    field: 'networks',
    title: 'Networks',
    of: ({ networks }) => networks,
    show: ({ networks }) => listed(networks.map(networkText), 'the host’s default'),
  },
  {
    field: 'kms_urls',
    title: 'KMS',
    of: ({ kmsUrls }) => kmsUrls.trim(),
    show: ({ kmsUrls }) => listed(kmsUrls.split('\n').filter(Boolean), 'the host’s'),
  },
  {
    field: 'gateway_urls',
    title: 'Gateway',
    of: ({ gatewayUrls }) => gatewayUrls.trim(),
    show: ({ gatewayUrls }) => listed(gatewayUrls.split('\n').filter(Boolean), 'the host’s'),
  },
];

/** What differs between two forms of one VM, in the order of the page. */
export function changesOf(before: DeployForm, after: DeployForm, replacesEnv: boolean): readonly Change[] {
  const differs = ({ of }: Field): boolean => JSON.stringify(of(before)) !== JSON.stringify(of(after));
  const changes = fields.filter(differs).map(({ field, title, show, needsStop = false }) => ({
    field,
    title,
    before: show(before),
    after: show(after),
    needsStop,
  }));
  const env = {
    field: 'encrypted_env',
    title: 'Environment',
    before: '',
    after: 'replaced',
    needsStop: false,
  };
  return replacesEnv ? [...changes, env] : changes;
}

/** What is wrong with the changes that no server needs to be asked about, by field. */
export function problemsOf(before: DeployForm, after: DeployForm): ReadonlyMap<string, string> {
  const problems = new Map<string, string>();
  if (Number(after.disk) < Number(before.disk))
    problems.set('disk_size', `A disk never shrinks: it has ${before.disk} GB.`);
  if (Number(after.vcpu) < 1) problems.set('vcpu', 'At least 1.');
  if (Number(after.memory) < 1) problems.set('memory', 'At least 1 MB.');
  if (before.userConfig !== '' && after.userConfig === '')
    problems.set('user_config', 'It can be replaced, but not emptied: an empty one means “unchanged”.');
  if (after.compose.trim() === '') problems.set('compose_file', 'A VM needs an application.');
  return problems;
}

/** UpdateVm's request for those changes; what isn't among them stays as it is. */
export function updateRequest(
  id: string,
  form: DeployForm,
  changes: readonly Change[],
  encryptedEnv: string,
): RequestOf<'UpdateVm'> {
  const all = requestOf(form);
  const has = (field: string): boolean => changes.some((change) => change.field === field);
  const given = <T>(field: string, value: T): T | null => (has(field) ? value : null);
  return {
    id,
    compose_file: has('compose_file') ? form.compose : '',
    user_config: has('user_config') ? form.userConfig : '',
    encrypted_env: encryptedEnv,
    image: given('image', form.image),
    vcpu: given('vcpu', Number(form.vcpu)),
    memory: given('memory', Number(form.memory)),
    disk_size: given('disk_size', Number(form.disk)),
    // Listed without a GPU takes all away; null would leave them.
    gpus: given('gpus', all.gpus ?? { attach_mode: 'listed', gpus: [] }),
    no_tee: given('no_tee', form.protection !== 'confidential'),
    update_ports: has('ports'),
    ports: has('ports') ? (all.ports ?? []) : [],
    update_networking: has('networks'),
    networks: has('networks') ? (all.networks ?? []) : [],
    update_kms_urls: has('kms_urls'),
    kms_urls: has('kms_urls') ? (all.kms_urls ?? []) : [],
    update_gateway_urls: has('gateway_urls'),
    gateway_urls: has('gateway_urls') ? (all.gateway_urls ?? []) : [],
  };
}

/** The form on what somebody else made of the VM meanwhile: what was changed here stays, all else is theirs. */
export function ontoTheirs(before: DeployForm, mine: DeployForm, theirs: DeployForm): DeployForm {
  const changed = (Object.keys(mine) as (keyof DeployForm)[]).filter(
    (field) => JSON.stringify(mine[field]) !== JSON.stringify(before[field]),
  );
  return { ...theirs, ...Object.fromEntries(changed.map((field) => [field, mine[field]])) };
}
