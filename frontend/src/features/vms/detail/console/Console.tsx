import { useCallback, useEffect, useState, useSyncExternalStore } from 'react';
import type { VmRow } from '@/api/vm';
import type { GuestTerminal } from '@/components/terminal/guestTerminal';
import { pastedText } from '@/components/terminal/pastedText';
import { TerminalPane } from '@/components/terminal/TerminalPane';
import { useStored } from '@/hooks/useStored';
import { copyText } from '@/lib/clipboard';
import { ConsoleBar } from './ConsoleBar';
import { ConsoleNotice } from './ConsoleNotice';
import { FindBar } from './FindBar';
import { LinkDialog } from './LinkDialog';
import { PasteDialog } from './PasteDialog';
import { fontSizes, isFontSize } from './fontSizes';
import { isLeaving, isCopying, isFinding } from './shortcuts';
import classes from './Console.module.css';

type Asking = { about: 'paste'; text: string } | { about: 'link'; url: string } | null;

const isBoolean = (value: unknown): value is boolean => typeof value === 'boolean';

/** The terminal, what can be done with it, and how it is. */
export function Console({ row, guest }: { row: VmRow; guest: GuestTerminal }) {
  const view = useSyncExternalStore(guest.session.subscribe, guest.session.view);
  const [fontSize, setFontSize] = useStored('console.fontSize', fontSizes.usual, isFontSize);
  const [screenReader, setScreenReader] = useStored('console.screenReader', false, isBoolean);
  const [finding, setFinding] = useState(false);
  const [full, setFull] = useState(false);
  const [asking, setAsking] = useState<Asking>(null);

  const paste = useCallback(
    (text: string) => {
      const { keys, enters } = pastedText(text);
      if (enters > 0) setAsking({ about: 'paste', text });
      else guest.type(keys);
    },
    [guest],
  );

  useEffect(
    () =>
      guest.attend(
        (url) => setAsking({ about: 'link', url }),
        (event) => {
          if (isLeaving(event)) leave();
          else if (isFinding(event)) setFinding(true);
          else if (isCopying(event)) void copyText(guest.terminal.getSelection());
          else return false;
          return true;
        },
      ),
    [guest],
  );

  const back = useCallback(() => {
    setAsking(null);
    guest.terminal.focus();
  }, [guest]);

  return (
    <section className={classes.console} data-full={full || undefined} aria-label={`Console of ${row.name}`}>
      <ConsoleBar
        guest={guest}
        view={view}
        full={full}
        fontSize={fontSize}
        screenReader={screenReader}
        onFull={setFull}
        onFind={() => setFinding(true)}
        onPaste={() => setAsking({ about: 'paste', text: '' })}
        onFontSize={setFontSize}
        onScreenReader={setScreenReader}
      />
      <ConsoleNotice row={row} guest={guest} view={view} />
      {finding && <FindBar guest={guest} onClose={() => setFinding(false)} />}
      <TerminalPane guest={guest} fontSize={fontSize} screenReader={screenReader} onPaste={paste} />
      <p className={classes.hint}>
        Every key goes to the guest while the terminal has the focus, Tab too. <kbd>Ctrl</kbd> <kbd>]</kbd>{' '}
        leaves it.
      </p>
      {asking?.about === 'paste' && (
        <PasteDialog text={asking.text} onType={(keys) => guest.type(keys)} onClose={back} />
      )}
      {asking?.about === 'link' && <LinkDialog url={asking.url} onClose={back} />}
    </section>
  );
}

/** Hands the keyboard back to the page. */
function leave(): void {
  document.querySelector<HTMLElement>(`[data-console-exit]`)?.focus();
}
