import { expect, it } from 'vitest';
import { pastedText } from './pastedText';

it.each([
  ['ls -l', 'ls -l', 0],
  ['ls\n', 'ls\r', 1],
  ['one\r\ntwo\rthree\nfour', 'one\rtwo\rthree\rfour', 3],
  ['a\tb', 'a\tb', 0],
  ['echo \u001b[201~\u0003harmless\u009b', 'echo [201~harmless', 0],
  ['', '', 0],
  ['grüße 🦀', 'grüße 🦀', 0],
])('%j is typed as %j, with %i Enter', (text, keys, enters) => {
  expect(pastedText(text)).toEqual({ keys, enters });
});
