import '@testing-library/jest-dom/vitest';
import { cleanup } from '@testing-library/react';
import { afterEach } from 'vitest';

afterEach(cleanup);

// jsdom has no layout: what Mantine and the virtual list ask of it is answered as by a wide, still window.
const still: Partial<MediaQueryList> = {
  matches: false,
  addEventListener: () => undefined,
  removeEventListener: () => undefined,
};
window.matchMedia = () => still as MediaQueryList;

window.ResizeObserver = class {
  observe(): void {
    // Nothing is ever resized.
  }
  unobserve(): void {
    // As above.
  }
  disconnect(): void {
    // As above.
  }
};

window.scrollTo = () => undefined;

Object.defineProperty(HTMLElement.prototype, 'clientHeight', { configurable: true, get: () => 800 });
Object.defineProperty(HTMLElement.prototype, 'clientWidth', { configurable: true, get: () => 1200 });

// Editors ask where their text is.
Range.prototype.getClientRects = () => [] as unknown as DOMRectList;
