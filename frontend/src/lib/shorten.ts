/** The first characters of an id, enough to tell it from its neighbours. */
export function shorten(id: string, length = 8): string {
  return id.length > length + 1 ? `${id.slice(0, length)}…` : id;
}
