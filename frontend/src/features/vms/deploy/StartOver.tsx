import { Button } from '@mantine/core';
import { useState } from 'react';
import { Dialog } from '@/components/ui/Dialog';

/** Throws the draft away, once somebody has said that they want to. */
export function StartOver({ onStartOver }: { onStartOver: () => void }) {
  const [asks, setAsks] = useState(false);
  const close = () => setAsks(false);
  return (
    <>
      <Button size="compact-sm" variant="subtle" color="gray" onClick={() => setAsks(true)}>
        Start over
      </Button>
      {asks && (
        <Dialog
          title="Start over?"
          onClose={close}
          footer={
            <>
              <Button variant="default" onClick={close} data-autofocus>
                Cancel
              </Button>
              <Button color="red.9" onClick={onStartOver}>
                Start over
              </Button>
            </>
          }
        >
          <p>All that is filled in here is thrown away. VMs that are there are not touched.</p>
        </Dialog>
      )}
    </>
  );
}
