/** The value of a cookie that scripts may read, or null. */
export function readCookie(name: string, jar: string = document.cookie): string | null {
  for (const pair of jar.split('; ')) {
    const at = pair.indexOf('=');
    if (at > 0 && pair.slice(0, at) === name) return decodeURIComponent(pair.slice(at + 1));
  }
  return null;
}
