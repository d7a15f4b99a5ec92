import type { MouseEvent } from 'react';

/** A click on a link to another page of this console goes there without loading anything anew; others are the browser's. */
export function followInPage(event: MouseEvent<HTMLAnchorElement>, go: (href: string) => void): void {
  const plain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
  const href = event.currentTarget.getAttribute('href');
  if (!plain || event.defaultPrevented || !href) return;
  event.preventDefault();
  go(href);
}
