import { Button } from '@mantine/core';
import type { VmRow } from '@/api/vm';
import { Dialog } from '@/components/ui/Dialog';
import { useVmAction } from '../useVmAction';

export function StopDialog({ row, onClose }: { row: VmRow; onClose: () => void }) {
  const run = useVmAction();
  return (
    <Dialog
      title={`Stop ${row.name}?`}
      onClose={onClose}
      footer={
        <>
          <Button variant="default" onClick={onClose} data-autofocus>
            Cancel
          </Button>
          <Button
            color="red.9"
            onClick={() => {
              onClose();
              void run('stop', row);
            }}
          >
            Stop now
          </Button>
        </>
      }
    >
      {row.status === 'exited' ? (
        <p>It doesn’t run now. Stopping it means that it isn’t restarted any more.</p>
      ) : (
        <p>
          This is like pulling the plug: what the guest hasn’t written to its disk is lost.{' '}
          <strong>Shut down</strong> asks the guest to end by itself.
        </p>
      )}
    </Dialog>
  );
}
