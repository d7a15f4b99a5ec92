import { pageNonce } from '@/lib/nonce';

/*
 * xterm.js makes style elements and `style` attributes, which the page's policy forbids: it has no `unsafe-inline`, for
 * the sake of all that guests and users may put into the page. There is no option of its own for either.
 */

const XHTML = 'http://www.w3.org/1999/xhtml';

/** Has style elements that are made meanwhile carry the page's nonce. */
export function withNonce(make: () => void): void {
  const value = (tag: string): HTMLElement => {
    const element = document.createElementNS(XHTML, tag);
    if (tag === 'style') element.nonce = pageNonce;
    return element;
  };
  Object.defineProperty(document, 'createElement', { configurable: true, value });
  try {
    make();
  } finally {
    // What is inherited is there again.
    Reflect.deleteProperty(document, 'createElement');
  }
}

/** Has the `style` attribute of a span, in which letters get a colour of their own, set as properties, which is allowed. */
export function letSpansHaveStyles(): void {
  HTMLSpanElement.prototype.setAttribute = function (name, value) {
    if (name === 'style') this.style.cssText = value;
    else Element.prototype.setAttribute.call(this, name, value);
  };
}
