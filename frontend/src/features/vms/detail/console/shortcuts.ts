type Key = Pick<KeyboardEvent, 'type' | 'key' | 'code' | 'ctrlKey' | 'shiftKey' | 'altKey' | 'metaKey'>;

const isDown = (event: Key): boolean =>
  event.type === 'keydown' && event.ctrlKey && !event.altKey && !event.metaKey;

/** Ctrl+], as other consoles have it. Where that sign needs AltGr, the key at its place does. */
export const isLeaving = (event: Key): boolean =>
  isDown(event) && !event.shiftKey && (event.key === ']' || event.code === 'BracketRight');

/** Ctrl+Shift+C: without Shift it interrupts what runs in the guest. */
export const isCopying = (event: Key): boolean => isDown(event) && event.shiftKey && event.code === 'KeyC';

/** Ctrl+Shift+F: without Shift it is the guest's. */
export const isFinding = (event: Key): boolean => isDown(event) && event.shiftKey && event.code === 'KeyF';
