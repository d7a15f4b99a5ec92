import type { Message } from '@/api/methods';

/** A number as a field holds it: empty as long as nothing is typed. */
export type NumberField = number | '';

export interface PortField {
  protocol: 'tcp' | 'udp';
  host_address: string;
  host_port: NumberField;
  vm_port: NumberField;
}

export interface NetworkField {
  mode: 'user' | 'bridge';
  bridge_name: string;
}

/** How a VM is protected from its host: by the host's hardware, not at all, or by a simulation of that platform. */
export type Protection = 'confidential' | 'plain' | SimulatedTee;

export const simulatedTees = [
  'dstack-tdx',
  'dstack-gcp-tdx',
  'dstack-amd-sev-snp',
  'dstack-nitro-enclave',
  'dstack-aws-nitro-tpm',
] as const;

export type SimulatedTee = (typeof simulatedTees)[number];

/** All that is asked for of a new VM but the values of its environment, which are kept nowhere. */
export interface DeployForm {
  name: string;
  /** The app-compose file, as it will be sent. */
  compose: string;
  /** The file was begun here: name, image and environment write in it. One that came whole is left alone. */
  own: boolean;
  /** The host that it runs on; empty: any that can take it. */
  node: string;
  image: string;
  vcpu: NumberField;
  /** MB */
  memory: NumberField;
  /** GB */
  disk: NumberField;
  ports: readonly PortField[];
  gpuMode: 'none' | 'listed' | 'all';
  gpus: readonly string[];
  /** None: the host's default. */
  networks: readonly NetworkField[];
  /** One a line; none: the host's. */
  kmsUrls: string;
  gatewayUrls: string;
  protection: Protection;
  hugepages: boolean;
  pinNuma: boolean;
  stopped: boolean;
  userConfig: string;
  /** 40 hex digits, or empty: the first of the compose hash. */
  appId: string;
}

/** What a field of the form becomes; for `setForm({ name: 'x' })`. */
export type FormChange = Partial<DeployForm>;

export type CreateRequest = Message<'VmConfigurationRequest'>;

/** The form as CreateVm and CheckVm take it; empty numbers are 0, which they refuse by name. */
export function requestOf(form: DeployForm, encryptedEnv = ''): CreateRequest {
  const simulated = simulatedTees.find((each) => each === form.protection);
  return {
    name: form.name.trim(),
    ...(form.node !== '' && { node: form.node }),
    image: form.image,
    compose_file: form.compose,
    vcpu: Number(form.vcpu),
    memory: Number(form.memory),
    disk_size: Number(form.disk),
    ports: form.ports.map((port) => ({
      ...port,
      host_port: Number(port.host_port),
      vm_port: Number(port.vm_port),
    })),
    encrypted_env: encryptedEnv,
    app_id: form.appId.trim(),
    user_config: form.userConfig,
    hugepages: form.hugepages,
    pin_numa: form.pinNuma,
    gpus:
      form.gpuMode === 'none'
        ? null
        : {
            attach_mode: form.gpuMode,
            gpus: form.gpuMode === 'all' ? [] : form.gpus.map((slot) => ({ slot })),
          },
    kms_urls: lines(form.kmsUrls),
    gateway_urls: lines(form.gatewayUrls),
    networks: form.networks.map(({ mode, bridge_name }) => ({
      mode,
      bridge_name: mode === 'bridge' ? bridge_name.trim() : '',
    })),
    no_tee: form.protection !== 'confidential',
    simulated_tee: simulated ?? null,
    stopped: form.stopped,
  };
}

/** What stands in a field of several lines, without the empty ones. */
export const lines = (text: string): string[] =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
