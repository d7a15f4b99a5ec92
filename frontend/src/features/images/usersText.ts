/** The VMs that use an image, in a few words: `web-1, web-2 and 5 more`. */
export function usersText(count: number, names: readonly string[]): string {
  const more = count - names.length;
  if (names.length === 0) return count === 1 ? '1 VM' : `${count} VMs`;
  return more > 0 ? `${names.join(', ')} and ${more}\u00a0more` : names.join(', ');
}
