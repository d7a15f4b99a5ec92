/** Keys that a browser keeps for itself, or a phone doesn't have; and what a terminal sends for them. */
export const sentKeys: readonly { label: string; keys: string; about: string }[] = [
  { label: 'Ctrl C', keys: '\u0003', about: 'interrupt' },
  { label: 'Ctrl D', keys: '\u0004', about: 'end of input' },
  { label: 'Ctrl Z', keys: '\u001a', about: 'suspend' },
  { label: 'Ctrl \\', keys: '\u001c', about: 'quit' },
  { label: 'Ctrl ]', keys: '\u001d', about: 'for the guest' },
  { label: 'Ctrl W', keys: '\u0017', about: 'erase a word' },
  { label: 'Ctrl N', keys: '\u000e', about: 'next line' },
  { label: 'Ctrl T', keys: '\u0014', about: 'swap signs' },
  { label: 'Esc', keys: '\u001b', about: '' },
  { label: 'Tab', keys: '\t', about: 'complete' },
  { label: 'Up', keys: '\u001b[A', about: 'last command' },
];

/** What tells a guest how large its terminal is; a serial line has no other way. */
export const sizeCommand = (rows: number, columns: number): string => `stty rows ${rows} cols ${columns}`;
