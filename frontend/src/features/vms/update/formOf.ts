import type { Message } from '@/api/methods';
import { networksOf, protectionOf } from '../deploy/fork';
import type { DeployForm, PortField } from '../deploy/form';

export type Configuration = Message<'VmConfiguration'>;

/** A VM's configuration as the fields of a form have it. */
export function formOf(configuration: Configuration): DeployForm {
  const { gpus } = configuration;
  return {
    name: configuration.name,
    compose: configuration.compose_file,
    // Written elsewhere: only what somebody changes on purpose may change in it.
    own: false,
    node: '',
    image: configuration.image,
    vcpu: configuration.vcpu,
    memory: configuration.memory,
    disk: configuration.disk_size,
    ports: configuration.ports.map((port) => ({
      protocol: port.protocol as PortField['protocol'],
      host_address: port.host_address,
      host_port: port.host_port,
      vm_port: port.vm_port,
    })),
    gpuMode: gpus?.attach_mode === 'all' ? 'all' : gpus && gpus.gpus.length > 0 ? 'listed' : 'none',
    gpus: gpus?.attach_mode === 'all' ? [] : (gpus?.gpus.map(({ slot }) => slot) ?? []),
    networks: networksOf(configuration),
    kmsUrls: configuration.kms_urls.join('\n'),
    gatewayUrls: configuration.gateway_urls.join('\n'),
    protection: protectionOf(configuration),
    hugepages: configuration.hugepages,
    pinNuma: configuration.pin_numa,
    stopped: true,
    userConfig: configuration.user_config,
    appId: configuration.app_id ?? '',
  };
}
