import { Button } from '@mantine/core';
import { useState } from 'react';
import { pastedText } from '@/components/terminal/pastedText';
import { Dialog } from '@/components/ui/Dialog';
import classes from './Console.module.css';

interface Props {
  text: string;
  onType: (keys: string) => void;
  onClose: () => void;
}

/** Text of several lines is shown before it is typed: each line's end is an Enter, and a shell runs what is before it. */
export function PasteDialog({ text, onType, onClose }: Props) {
  const [edited, setEdited] = useState(text);
  const { keys, enters } = pastedText(edited);
  return (
    <Dialog
      title={enters > 0 ? `Type ${enters + 1} lines?` : 'Paste'}
      onClose={onClose}
      footer={
        <>
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button
            disabled={keys === ''}
            onClick={() => {
              onType(keys);
              onClose();
            }}
          >
            Type it
          </Button>
        </>
      }
    >
      <p className={classes.dialogText}>
        {enters > 0
          ? `Enter is pressed ${enters === 1 ? 'once' : `${enters} times`}: a shell runs each of these lines at once.`
          : 'It is typed at the cursor, as if by hand.'}
      </p>
      <textarea
        className={classes.pasted}
        aria-label="Text to type"
        rows={8}
        spellCheck={false}
        value={edited}
        data-autofocus
        onChange={({ currentTarget: { value } }) => setEdited(value)}
      />
    </Dialog>
  );
}
