import { Empty } from '@/components/ui/Empty';
import classes from './ImagesPage.module.css';

/** A new host: what an image is, and how the first one gets here. */
export function NoImages() {
  return (
    <div className={classes.inset}>
      <Empty title="No images on this host yet" heading="h2">
        A guest image holds the kernel and the system that VMs start from; no VM can be made without one. Pull
        one from the registry below, or copy an image’s folder into the host’s image folder: it shows up here
        within seconds.
      </Empty>
    </div>
  );
}
