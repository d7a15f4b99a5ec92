import { notifications } from '@mantine/notifications';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { call } from '@/api/client';
import type { Method, RequestOf } from '@/api/methods';

interface Options<M extends Method> {
  method: M;
  /** What is read anew afterwards. */
  key: readonly unknown[];
  /** The toast: what was done. */
  done: (request: RequestOf<M>) => string;
  onDone: () => void;
}

/** Has the server change something; a failure is left to the form that asked, a success is a toast. */
export function useSave<M extends Method>({ method, key, done, onDone }: Options<M>) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (request: RequestOf<M>) => call(method, request),
    onSuccess: async (_, request) => {
      await client.invalidateQueries({ queryKey: key });
      notifications.show({ message: done(request), autoClose: 4_000 });
      onDone();
    },
  });
}
