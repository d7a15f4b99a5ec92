import type { Message } from '@/api/methods';
import type { VmRow } from '@/api/vm';
import { allowedEnvs, parseAppCompose } from '../compose/appCompose';
import { envRow } from './environment';
import { simulatedTees, type DeployForm, type NetworkField, type PortField, type Protection } from './form';
import { freePort, takenPorts } from './freePort';
import type { Draft } from './storage';
import type { Host } from './useHost';

type Configuration = Message<'VmConfiguration'>;

/** A thing that a copy of a VM does not have from it. */
export interface NotCopied {
  what: string;
  why: string;
}

/**
 * A new VM after another one: its compose file byte for byte, image, sizes, networks, KMS and gateways. Host ports
 * that the other one has are moved to free ones.
 */
export function forkOf(original: Configuration, host: Host, vms: Iterable<VmRow>): Draft {
  const names = allowedEnvs(parseAppCompose(original.compose_file) ?? {});
  const form: DeployForm = {
    name: `${original.name} copy`.slice(0, 128),
    compose: original.compose_file,
    own: false,
    node: '',
    image: original.image,
    vcpu: original.vcpu,
    memory: original.memory,
    disk: original.disk_size,
    ports: movedPorts(original, host, vms),
    gpuMode: 'none',
    gpus: [],
    networks: networksOf(original),
    kmsUrls: original.kms_urls.join('\n'),
    gatewayUrls: original.gateway_urls.join('\n'),
    protection: protectionOf(original),
    hugepages: original.hugepages,
    pinNuma: original.pin_numa,
    stopped: false,
    userConfig: original.user_config,
    appId: '',
  };
  return { form, env: original.encrypted_env === '' ? [] : names.map((name) => envRow(name, '', true)) };
}

/** What a copy goes without, and the reason of each. */
export function notCopied(original: Configuration): readonly NotCopied[] {
  const gpus = original.gpus;
  const hasGpus = gpus !== null && (gpus.attach_mode === 'all' || gpus.gpus.length > 0);
  return [
    {
      what: 'Its identity',
      why: 'The copy is an instance of its own, with an id and keys of its own. As long as the compose file stays the same, byte for byte, both are the same application, unless the original was given an app id.',
    },
    {
      what: 'What is on its disk',
      why: 'The disk is encrypted to the original. The copy starts with an empty one.',
    },
    ...(original.encrypted_env === ''
      ? []
      : [
          {
            what: 'Its environment',
            why: 'It is encrypted, and only the original VM can open it. The names are there: enter the values again.',
          },
        ]),
    ...(hasGpus
      ? [{ what: 'Its GPUs', why: 'A GPU serves one VM at a time. Choose others if there are free ones.' }]
      : []),
    ...(original.ports.length > 0
      ? [{ what: 'Its host ports', why: 'A port leads to one VM. Free ones were chosen in their place.' }]
      : []),
  ];
}

function movedPorts(original: Configuration, host: Host, vms: Iterable<VmRow>): readonly PortField[] {
  const rows = [...vms];
  const moved: PortField[] = [];
  for (const port of original.ports) {
    const protocol = port.protocol === 'udp' ? 'udp' : 'tcp';
    const taken = takenPorts(rows, [...moved, ...(original.ports as PortField[])]);
    moved.push({
      protocol,
      host_address: port.host_address,
      host_port: freePort(host.node.port_rules, taken, protocol, port.host_port + 1) ?? '',
      vm_port: port.vm_port,
    });
  }
  return moved;
}

export function networksOf({ networks, networking }: Configuration): readonly NetworkField[] {
  const all = networks.length > 0 ? networks : networking ? [networking] : [];
  return all.map(({ mode, bridge_name }) => ({ mode: mode === 'bridge' ? 'bridge' : 'user', bridge_name }));
}

export function protectionOf({ simulated_tee, no_tee }: Configuration): Protection {
  const simulated = simulatedTees.find((each) => each === simulated_tee);
  return simulated ?? (no_tee ? 'plain' : 'confidential');
}
