import { call } from './client';

/** The verbs that need nothing but a VM's id, and the method of each. */
export const vmMethods = {
  start: 'StartVm',
  shutdown: 'ShutdownVm',
  stop: 'StopVm',
  remove: 'RemoveVm',
} as const;

export type VmAction = keyof typeof vmMethods;

export async function runVmAction(action: VmAction, id: string): Promise<void> {
  await call(vmMethods[action], { id });
}

export type LogChannel = 'serial' | 'stdout' | 'stderr';

/** The address of a VM's log as a text stream that keeps following. */
export function logUrl(id: string, channel: LogChannel): string {
  return `/logs?${new URLSearchParams({ id, follow: 'true', ansi: 'false', ch: channel }).toString()}`;
}
