import type { ImageRow } from '@/api/image';

/** The images of a node; where none is named each of the fleet's once, by a node that can use it if there is one. */
export function imagesOf(all: readonly ImageRow[], node: string): readonly ImageRow[] {
  if (node !== '') return all.filter((image) => image.node === node);
  const byName = new Map<string, ImageRow>();
  for (const image of all) {
    const known = byName.get(image.name);
    if (known?.problem !== '' || known.deleting) byName.set(image.name, image);
  }
  return [...byName.values()];
}
