import { lazy, Suspense, useCallback, useEffect, useRef, useState, type ReactNode } from 'react';

const Palette = lazy(async () => ({ default: (await import('./palette/Palette')).Palette }));
const Shortcuts = lazy(async () => ({ default: (await import('./palette/Shortcuts')).Shortcuts }));

/** Opened by Ctrl-K or ⌘-K, and by `?` for what keys there are; loaded when it is first wanted. */
export function usePalette(): { open: () => void; palette: ReactNode } {
  const [shown, setShown] = useState<'palette' | 'keys' | null>(null);
  const focused = useRef<Element | null>(null);

  const show = useCallback((what: 'palette' | 'keys') => {
    focused.current = document.activeElement;
    setShown(what);
  }, []);

  useEffect(() => {
    const listen = (event: KeyboardEvent): void => {
      const wanted = wantedBy(event);
      if (!wanted) return;
      event.preventDefault();
      show(wanted);
    };
    document.addEventListener('keydown', listen);
    return () => document.removeEventListener('keydown', listen);
  }, [show]);

  const close = useCallback(() => {
    setShown(null);
    // Whoever goes to another page is taken to its title after this.
    if (focused.current instanceof HTMLElement) focused.current.focus();
  }, []);

  return {
    open: () => show('palette'),
    palette: shown && (
      <Suspense fallback={null}>
        {shown === 'palette' ? (
          <Palette onClose={close} onKeys={() => setShown('keys')} />
        ) : (
          <Shortcuts onClose={close} />
        )}
      </Suspense>
    ),
  };
}

/** A terminal and an open dialog have their keys for themselves, and so has what was handled already. */
function wantedBy(event: KeyboardEvent): 'palette' | 'keys' | null {
  const { target } = event;
  if (event.defaultPrevented || !(target instanceof Element)) return null;
  if (target.closest('.xterm') || document.querySelector('[aria-modal="true"]')) return null;
  if ((event.ctrlKey || event.metaKey) && !event.altKey && event.key.toLowerCase() === 'k') return 'palette';
  const typing = target.closest('input, textarea, select, [contenteditable="true"]') !== null;
  return event.key === '?' && !typing && !event.ctrlKey && !event.metaKey ? 'keys' : null;
}
