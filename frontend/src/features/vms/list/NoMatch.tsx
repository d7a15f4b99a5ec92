import { Button } from '@mantine/core';
import { SearchX } from 'lucide-react';
import classes from './NoMatch.module.css';

/** There are VMs, but none that the filter wants. */
export function NoMatch({ text, onClear }: { text: string; onClear: () => void }) {
  return (
    <div className={classes.empty}>
      <SearchX size={28} strokeWidth={1.6} aria-hidden />
      <h2>No virtual machine matches</h2>
      <p>
        <code>{text.trim()}</code>
      </p>
      <Button variant="default" size="sm" onClick={onClear}>
        Clear filter
      </Button>
    </div>
  );
}
