import type { ImageRow } from '@/api/image';
import { naturalKey } from '@/lib/naturalOrder';
import { emptyForm } from './emptyForm';
import type { DeployForm } from './form';
import { changed, newCompose } from './ownCompose';
import { hasKms, type Host } from './useHost';

/** The form as it is when somebody begins: all that this host lets one choose for them. */
export function firstForm(host: Host): DeployForm {
  const image = bestImage(host.images);
  const confidential = host.node.platform !== 'none';
  const compose = newCompose({
    // Only a confidential VM can prove to a KMS what it is.
    kms: confidential && hasKms(host),
    gateway: confidential && (host.meta.gateway?.urls.length ?? 0) > 0,
  });
  const form: DeployForm = { ...emptyForm, compose, protection: confidential ? 'confidential' : 'plain' };
  return changed(form, { image: image?.name ?? '' }, image?.version);
}

/** The newest that can be used; one for development only where there is no other. */
export function bestImage(images: readonly ImageRow[]): ImageRow | undefined {
  const usable = images.filter((image) => image.problem === '' && !image.deleting);
  const newestFirst = (one: ImageRow, other: ImageRow) =>
    Number(one.is_dev) - Number(other.is_dev) ||
    (naturalKey(one.version) < naturalKey(other.version) ? 1 : -1);
  return usable.toSorted(newestFirst)[0];
}
