import type { ImageRow, PullRow, RegistryTag } from '@/api/image';
import { naturalKey } from '@/lib/naturalOrder';

/** A tag of the registry, and what there is to say of it now. */
export interface RegistryRow {
  tag: string;
  /** The image's name on this host, or null for a tag that can have none. */
  name: string | null;
  state:
    | { kind: 'here' }
    | { kind: 'available' }
    /** No image here can have such a name; why. */
    | { kind: 'refused'; reason: string }
    | { kind: 'going' | 'failed'; pull: PullRow };
}

const MAX_NAME = 64;

/** What the image of a tag is called here, as PullRegistryImage names it; null where that is no image's name. */
export function localName(tag: string): string | null {
  const name = tag.startsWith('dstack-') ? tag : `dstack-${tag}`;
  return name.length > MAX_NAME || name.includes('..') ? null : name;
}

/**
 * What the registry offers, newest tag first, with the live state of each. Pulls of tags that it doesn't offer, or
 * not any more, come first for as long as there is something to say of them.
 */
export function registryRows(
  tags: readonly RegistryTag[],
  pulls: readonly PullRow[],
  images: readonly Pick<ImageRow, 'name'>[],
): RegistryRow[] {
  const here = new Set(images.map((image) => image.name));
  const byTag = new Map(pulls.map((pull) => [pull.tag, pull]));
  const offered = new Set(tags.map(({ tag }) => tag));

  const stateOf = (tag: string, name: string | null, error: string): RegistryRow['state'] => {
    const pull = byTag.get(tag);
    if (pull && pull.state !== 'done') return { kind: pull.state === 'failed' ? 'failed' : 'going', pull };
    if (name === null) return { kind: 'refused', reason: error };
    return { kind: here.has(name) ? 'here' : 'available' };
  };
  const row = (tag: string, error: string): RegistryRow => {
    const name = localName(tag);
    return { tag, name, state: stateOf(tag, name, error) };
  };

  const strays = pulls.filter(({ tag, state }) => state !== 'done' && !offered.has(tag));
  const sorted = [...tags].sort((a, b) => (naturalKey(a.tag) < naturalKey(b.tag) ? 1 : -1));
  return [...strays.map(({ tag }) => row(tag, '')), ...sorted.map(({ tag, error }) => row(tag, error))];
}
