import { useComputedColorScheme } from '@mantine/core';
import { useEffect, useRef } from 'react';
import type { GuestTerminal, Look } from './guestTerminal';
import classes from './TerminalPane.module.css';

interface Props extends Omit<Look, 'scheme'> {
  guest: GuestTerminal;
  /** Text was pasted by the browser's own means. */
  onPaste: (text: string) => void;
}

/** The place where a guest's terminal is, for as long as it is drawn. */
export function TerminalPane({ guest, fontSize, screenReader, onPaste }: Props) {
  const place = useRef<HTMLDivElement>(null);
  const scheme = useComputedColorScheme('light');

  useEffect(() => (place.current ? guest.mount(place.current) : undefined), [guest]);

  useEffect(() => guest.look({ scheme, fontSize, screenReader }), [guest, scheme, fontSize, screenReader]);

  // Before the terminal itself hears of it, which would type it all.
  useEffect(() => {
    const element = place.current;
    const pasted = (event: ClipboardEvent): void => {
      event.preventDefault();
      event.stopPropagation();
      onPaste(event.clipboardData?.getData('text/plain') ?? '');
    };
    element?.addEventListener('paste', pasted, { capture: true });
    return () => element?.removeEventListener('paste', pasted, { capture: true });
  }, [onPaste]);

  return <div ref={place} className={classes.pane} data-scheme={scheme} />;
}
