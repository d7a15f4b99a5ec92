import { useQuery } from '@tanstack/react-query';
import { call } from './client';
import { keys } from './keys';
import type { Message } from './methods';

export type Host = Message<'GetHostResponse'>;
export type HostSetting = Message<'HostSetting'>;
export type GpuDevice = Message<'GpuDevice'>;
export type Process = Message<'SvProcessInfo'>;

/** No stream tells of these; they are read again while somebody looks. */
const LOOK_AGAIN_MS = 5_000;

/** What the host is, has and is set to; not asked for `enabled: false`, as for who may not know. */
export const useHost = (enabled: boolean) =>
  useQuery({
    queryKey: keys.host,
    queryFn: () => call('GetHost', {}),
    refetchInterval: LOOK_AGAIN_MS,
    enabled,
  });

export const useGpuDevices = () =>
  useQuery({
    queryKey: keys.gpuDevices,
    queryFn: () => call('ListGpuDevices', {}),
    refetchInterval: LOOK_AGAIN_MS,
  });

export const useProcesses = (enabled: boolean) =>
  useQuery({
    queryKey: keys.processes,
    queryFn: async () => (await call('SvList', {})).processes,
    refetchInterval: LOOK_AGAIN_MS,
    enabled,
  });
