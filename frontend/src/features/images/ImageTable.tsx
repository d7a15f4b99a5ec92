import { useState } from 'react';
import type { ImageRow as Row } from '@/api/image';
import { DeleteDialog } from './DeleteDialog';
import { deleteButtonId, ImageRow } from './ImageRow';
import type { ImageActions } from './useImageActions';
import classes from './Table.module.css';

/** The images of this host, unusable ones too. */
export function ImageTable({ images, actions }: { images: readonly Row[]; actions: ImageActions }) {
  const [asked, setAsked] = useState<string | null>(null);
  const image = images.find(({ name }) => name === asked);

  const close = () => {
    setAsked(null);
    // Once the dialog is gone; where the image went with it, there is no button any more.
    setTimeout(() => asked && document.getElementById(deleteButtonId(asked))?.focus(), 0);
  };

  return (
    <>
      <div className={classes.table} role="table" aria-label="Images on this host">
        <div className={classes.head} role="rowgroup">
          <div className={classes.headRow} data-of="images" role="row">
            <span role="columnheader">Name</span>
            <span role="columnheader">Runs on</span>
            <span role="columnheader" data-number>
              Size
            </span>
            <span role="columnheader">Used by</span>
            <span role="columnheader">
              <span className="visually-hidden">Actions</span>
            </span>
          </div>
        </div>
        <div role="rowgroup">
          {images.map((row) => (
            <ImageRow key={row.name} image={row} busy={actions.busy.has(row.name)} onDelete={setAsked} />
          ))}
        </div>
      </div>
      {image && (
        <DeleteDialog
          image={image}
          onClose={close}
          onDelete={() => {
            close();
            actions.remove(image.name);
          }}
        />
      )}
    </>
  );
}
