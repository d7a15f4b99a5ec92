import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { call } from '@/api/client';
import type { ImageRow } from '@/api/image';
import { keys } from '@/api/keys';
import type { Message } from '@/api/methods';
import type { NodeInfo } from '@/api/vm';
import { useFleetImages, useNode } from '@/live/useLive';
import { imagesOf } from './imagesOf';

/** What of the host a deployment has to know. */
export interface Host {
  node: NodeInfo;
  images: readonly ImageRow[];
  meta: Message<'GetMetaResponse'>;
}

/** Whether the host can be asked for the key that an application's environment is encrypted to. */
export const hasKms = ({ meta }: Host): boolean => (meta.kms?.urls.length ?? 0) > 0;

/** Undefined until all of it is known; settings change only when the server starts again. */
export function useHost(): { host: Host | undefined; error: Error | null; retry: () => void } {
  const node = useNode();
  const all = useFleetImages();
  const images = useMemo(() => all && imagesOf(all, ''), [all]);
  const { data, error, refetch } = useQuery({
    queryKey: keys.meta,
    queryFn: () => call('GetMeta', {}),
    staleTime: 60_000,
    retry: false,
  });
  const host = node && images && data ? { node, images, meta: data } : undefined;
  return { host, error, retry: () => void refetch() };
}

/** GPUs of a node, empty: of this host; asked for when somebody looks. */
export function useGpus(node: string) {
  return useQuery({
    queryKey: keys.gpus(node),
    queryFn: () => call('ListGpus', node === '' ? {} : { node }),
    staleTime: 10_000,
    retry: false,
  });
}
