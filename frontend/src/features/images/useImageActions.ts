import { notifications } from '@mantine/notifications';
import { useCallback, useState } from 'react';
import { call } from '@/api/client';

/** What can be asked of the host about an image. */
export interface ImageActions {
  /** What was asked for and is not answered yet: tags and names. */
  busy: ReadonlySet<string>;
  pull: (tag: string) => void;
  /** Ends a pull, or forgets one that failed; both are the deletion of what there is of it. */
  cancel: (name: string) => void;
  remove: (name: string) => void;
}

/** Asks; a refusal is told in the server's own words, and everything else by the page itself as it happens. */
export function useImageActions(): ImageActions {
  const [busy, setBusy] = useState<ReadonlySet<string>>(new Set());

  const ask = useCallback(async (of: string, asking: Promise<unknown>, refused: string, done?: string) => {
    setBusy((before) => new Set(before).add(of));
    try {
      await asking;
      if (done) notifications.show({ message: done, autoClose: 4_000 });
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      notifications.show({ title: `${of} ${refused}`, message, color: 'red', autoClose: false });
    } finally {
      setBusy((before) => new Set([...before].filter((each) => each !== of)));
    }
  }, []);

  return {
    busy,
    pull: (tag) => void ask(tag, call('PullRegistryImage', { tag }), 'could not be pulled'),
    cancel: (name) => void ask(name, call('DeleteImage', { id: name }), 'could not be cancelled'),
    remove: (name) =>
      void ask(name, call('DeleteImage', { id: name }), 'could not be deleted', `Deleted ${name}`),
  };
}
