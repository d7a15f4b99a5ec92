import { useEffect } from 'react';
import { TableSkeleton } from '@/components/ui/TableSkeleton';
import { useImages, useNode } from '@/live/useLive';
import { ImageTable } from './ImageTable';
import { NoImages } from './NoImages';
import { Registry } from './Registry';
import { useImageActions } from './useImageActions';
import classes from './ImagesPage.module.css';

/** What VMs of this host can be started from: the images it has, and those that its registry offers. */
export function ImagesPage() {
  const images = useImages();
  const node = useNode();
  const actions = useImageActions();

  useEffect(() => {
    document.title = node ? `Images · ${node.name}` : 'dstack-vmm';
  }, [node]);

  return (
    <div className={classes.page}>
      <h1 className={classes.title}>Images</h1>
      {!images && <TableSkeleton what="images" />}
      {images?.length === 0 && <NoImages />}
      {images && images.length > 0 && <ImageTable images={images} actions={actions} />}
      {node && <Registry repository={node.registry} images={images ?? []} actions={actions} />}
    </div>
  );
}
