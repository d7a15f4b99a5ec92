import { Button } from '@mantine/core';
import { Dialog } from '@/components/ui/Dialog';
import classes from './Console.module.css';

/** A link that a guest has printed is followed only by who has seen where it leads. */
export function LinkDialog({ url, onClose }: { url: string; onClose: () => void }) {
  return (
    <Dialog
      title={`Open ${new URL(url).host}?`}
      onClose={onClose}
      footer={
        <>
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button component="a" href={url} target="_blank" rel="noreferrer" onClick={onClose}>
            Open in a new tab
          </Button>
        </>
      }
    >
      <p className={classes.dialogText}>
        The guest has printed this link; its text may have said something else.
      </p>
      <p className={classes.url}>{url}</p>
    </Dialog>
  );
}
