import type { DeployForm } from './form';

/** Nothing chosen yet, and a size that most applications start in. */
export const emptyForm: DeployForm = {
  name: '',
  compose: '',
  own: true,
  node: '',
  image: '',
  vcpu: 2,
  memory: 2_048,
  disk: 20,
  ports: [],
  gpuMode: 'none',
  gpus: [],
  networks: [],
  kmsUrls: '',
  gatewayUrls: '',
  protection: 'confidential',
  hugepages: false,
  pinNuma: false,
  stopped: false,
  userConfig: '',
  appId: '',
};
