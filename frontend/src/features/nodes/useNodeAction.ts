import { notifications } from '@mantine/notifications';
import { useMutation } from '@tanstack/react-query';
import { call } from '@/api/client';
import type { NodeAction } from './offers';

interface Asked {
  action: NodeAction;
  name: string;
  /** How to drain. */
  how?: 'stop' | 'wait';
}

const done: Record<NodeAction, string> = {
  cordon: 'No new VM is placed on',
  uncordon: 'New VMs are placed again on',
  drain: 'Draining',
  remove: 'Removed',
};

/** Asks for it; a refusal is told in the server's words, and how the node is then by the status stream. */
export function useNodeAction(onDone?: () => void) {
  return useMutation({
    mutationFn: ask,
    onSuccess: (_, { action, name }) => {
      notifications.show({ message: `${done[action]} ${name}`, autoClose: 4_000 });
      onDone?.();
    },
    onError: (error, { name }) => {
      // A dialog shows it beside its button.
      if (!onDone)
        notifications.show({ title: name, message: error.message, color: 'red', autoClose: false });
    },
  });
}

async function ask({ action, name, how = 'wait' }: Asked): Promise<void> {
  switch (action) {
    case 'cordon':
      return call('CordonNode', { name });
    case 'uncordon':
      return call('UncordonNode', { name });
    case 'drain':
      await call('DrainNode', { name, how });
      return;
    case 'remove':
      return call('RemoveNode', { name });
  }
}
