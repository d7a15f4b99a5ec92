import { lazy, Suspense, useCallback, useEffect, useRef, useState, type ReactNode } from 'react';

const loadPalette = () => import('./palette/Palette');
const Palette = lazy(async () => ({ default: (await loadPalette()).Palette }));
const Shortcuts = lazy(async () => ({ default: (await import('./palette/Shortcuts')).Shortcuts }));

/** By then the page that was asked for is there. */
const LOAD_AFTER_MS = 3_000;

/**
 * Opened by Ctrl-K or ⌘-K, and by `?` for what keys there are. Loaded soon after the page, so that what is typed right
 * after Ctrl-K is not lost.
 */
export function usePalette(): { open: () => void; palette: ReactNode } {
  const [shown, setShown] = useState<'palette' | 'keys' | null>(null);
  const focused = useRef<Element | null>(null);

  useEffect(() => {
    // Without the server it is tried again when it is wanted.
    const timer = setTimeout(() => void loadPalette().catch(() => undefined), LOAD_AFTER_MS);
    return () => clearTimeout(timer);
  }, []);

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
