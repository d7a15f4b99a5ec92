import { Button } from '@mantine/core';
import type { TerminalSession, TerminalView } from '@/live/terminalSession';
import { otherTypist } from './viewerNames';
import classes from './Console.module.css';

/** Takes the keyboard for oneself, where others could type, too; or gives it back. */
export function KeyboardButton({ session, view }: { session: TerminalSession; view: TerminalView }) {
  const { viewers, typist, me } = view;
  const mine = typist !== null && typist === me;
  if (otherTypist(view) !== null || (viewers.length < 2 && !mine)) return null;
  return (
    <Button
      variant="default"
      size="sm"
      className={classes.tool ?? ''}
      title={mine ? 'Lets the others type again' : 'Only you type then, until you give it back or leave'}
      onClick={() => session.takeKeyboard(!mine)}
    >
      {mine ? 'Share keyboard' : 'Type alone'}
    </Button>
  );
}
