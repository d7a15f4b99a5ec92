import { pageNonce } from '@/lib/nonce';

/**
 * The document, as xterm.js has to see it under a policy without `unsafe-inline`: style elements that are made carry
 * the page's nonce, and a `style` attribute is set as properties, which the policy allows.
 */
export function policyDocument(): Document {
  return new Proxy(document, {
    get: (target, name) => {
      if (name === 'createElement') return createElement;
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
}

function createElement(tag: string): HTMLElement {
  const element = document.createElement(tag);
  if (tag === 'style') element.nonce = pageNonce;
  // Letters that have a colour of their own.
  if (tag === 'span') element.setAttribute = setAttribute;
  return element;
}

function setAttribute(this: HTMLElement, name: string, value: string): void {
  if (name === 'style') this.style.cssText = value;
  else Element.prototype.setAttribute.call(this, name, value);
}
