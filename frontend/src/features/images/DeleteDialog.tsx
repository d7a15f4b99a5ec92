import { Button } from '@mantine/core';
import type { ImageRow } from '@/api/image';
import { Dialog } from '@/components/ui/Dialog';
import { formatBytes } from '@/lib/size';

interface Props {
  image: ImageRow;
  onClose: () => void;
  onDelete: () => void;
}

/** Asks before an image's files are deleted. */
export function DeleteDialog({ image, onClose, onDelete }: Props) {
  return (
    <Dialog
      title={`Delete ${image.name}?`}
      onClose={onClose}
      footer={
        <>
          <Button variant="default" onClick={onClose} data-autofocus>
            Cancel
          </Button>
          <Button color="red.9" onClick={onDelete}>
            Delete
          </Button>
        </>
      }
    >
      <p>
        Its files{image.size > 0 && ` (${formatBytes(image.size)})`} are deleted from this host, and no VM can
        be made of it any more. <strong>This cannot be undone</strong>; it can be pulled again for as long as
        the registry has it.
      </p>
    </Dialog>
  );
}
