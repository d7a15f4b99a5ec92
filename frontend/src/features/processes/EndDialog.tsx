import { Button } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { call } from '@/api/client';
import { keys } from '@/api/keys';
import { Dialog } from '@/components/ui/Dialog';
import { FormError } from '@/components/ui/FormError';

export interface EndRequest {
  kind: 'stop' | 'forget';
  id: string;
  name: string;
}

const words = {
  stop: {
    method: 'SvStop',
    title: 'Stop this process?',
    text: 'The VM is powered off at once, without a chance for its guest to save what it has not written. It stays stopped until somebody starts it.',
    button: 'Stop now',
    done: 'Stopped',
  },
  forget: {
    method: 'SvRemove',
    title: 'Forget how this process ended?',
    text: 'Exit code and reason are cleared, as if it had never run. The VM itself, its disk and its events stay.',
    button: 'Forget',
    done: 'Forgotten how it ended:',
  },
} as const;

export function EndDialog({ request, onClose }: { request: EndRequest; onClose: () => void }) {
  const { method, title, text, button, done } = words[request.kind];
  const client = useQueryClient();
  const end = useMutation({
    mutationFn: () => call(method, { id: request.id }),
    onSuccess: () => {
      notifications.show({ message: `${done} ${request.name}`, autoClose: 4_000 });
      onClose();
    },
    onSettled: () => client.invalidateQueries({ queryKey: keys.processes }),
  });
  return (
    <Dialog
      title={title}
      onClose={onClose}
      footer={
        <>
          <Button variant="default" onClick={onClose} data-autofocus>
            Cancel
          </Button>
          <Button color="red.9" loading={end.isPending} onClick={() => end.mutate()}>
            {button}
          </Button>
        </>
      }
    >
      <p>
        <strong>{request.name}</strong>: {text}
      </p>
      <FormError error={end.error} />
    </Dialog>
  );
}
