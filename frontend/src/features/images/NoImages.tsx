import classes from './Empty.module.css';

/** A new host: what an image is, and how the first one gets here. */
export function NoImages() {
  return (
    <section className={classes.empty} aria-labelledby="no-images">
      <h2 id="no-images">No images on this host yet</h2>
      <p>
        A guest image holds the kernel and the system that VMs start from; no VM can be made without one. Pull
        one from the registry below, or copy an image’s folder into the host’s image folder: it shows up here
        within seconds.
      </p>
    </section>
  );
}
