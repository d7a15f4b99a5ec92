/** Every key of the query cache, so that no two features invent the same one. */
export const keys = {
  /** The live list: written by the status stream, never fetched. */
  live: ['live'] as const,
  /** Who is logged in. */
  account: ['account'] as const,
  /** Everybody who has an account. */
  users: ['users'] as const,
  /** All of one VM, at one of its revisions. */
  vm: (id: string, revision: number) => ['vm', id, revision] as const,
  /** What one VM's guest says of itself, by the method that asks. */
  guest: (id: string, method: string) => ['guest', id, method] as const,
  /** What happened to one VM. */
  vmEvents: (id: string) => ['vmEvents', id] as const,
  /** What the host is, has and is set to. */
  host: ['host'] as const,
  /** Its GPUs and NVSwitches, also those that no VM can have, and who has them. */
  gpuDevices: ['gpuDevices'] as const,
  /** The processes behind its VMs. */
  processes: ['processes'] as const,
  /** What the registry offers; asked for when somebody looks. */
  registryImages: ['registryImages'] as const,
  /** One's own tokens, or everybody's. */
  tokens: ['tokens'] as const,
  /** Who did what, by what is asked for. */
  audit: (filter: object) => ['audit', filter] as const,
  /** Settings of the host that clients need. */
  meta: ['meta'] as const,
  /** GPUs of a node, empty: of this host; and whether each is free. */
  gpus: (node: string) => ['gpus', node] as const,
  /** What the server would refuse of a VM that is being put together: the request as text. */
  vmCheck: (request: string) => ['vmCheck', request] as const,
  /** What an application's environment is encrypted to. */
  kmsKey: (appId: string) => ['kmsKey', appId] as const,
};
