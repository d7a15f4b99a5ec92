import { Button } from '@mantine/core';
import { Dialog } from '@/components/ui/Dialog';
import classes from './Shortcuts.module.css';

const modifier = /mac|iphone|ipad/i.test(navigator.userAgent) ? '⌘' : 'Ctrl';

const shortcuts: readonly { keys: readonly string[]; does: string }[] = [
  { keys: [modifier, 'K'], does: 'Find a page, a VM or an image, and do something with it' },
  { keys: ['/'], does: 'Search the list of virtual machines' },
  { keys: ['?'], does: 'Show these shortcuts' },
  { keys: ['Esc'], does: 'Close what is open; empty a search' },
];

/** The keys that do something anywhere. */
export function Shortcuts({ onClose }: { onClose: () => void }) {
  return (
    <Dialog
      title="Keyboard shortcuts"
      onClose={onClose}
      footer={
        <Button variant="default" onClick={onClose} data-autofocus>
          Close
        </Button>
      }
    >
      <dl className={classes.shortcuts}>
        {shortcuts.map(({ keys, does }) => (
          <div key={does}>
            <dt>
              {keys.map((key) => (
                <kbd key={key}>{key}</kbd>
              ))}
            </dt>
            <dd>{does}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}
