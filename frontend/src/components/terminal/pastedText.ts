/** What a paste comes to: without control characters, which would be commands to the guest, and with Enter for line ends. */
export interface Pasted {
  /** As it is typed. */
  keys: string;
  /** How often Enter is pressed. */
  enters: number;
}

const controls = new RegExp(String.raw`[\u0000-\u0008\u000b-\u001f\u007f-\u009f]`, 'gu');

export function pastedText(text: string): Pasted {
  const lines = text.replace(/\r\n?/g, '\n').replace(controls, '').split('\n');
  return { keys: lines.join('\r'), enters: lines.length - 1 };
}
