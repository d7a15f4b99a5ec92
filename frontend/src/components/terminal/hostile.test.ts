import { Terminal } from '@xterm/xterm';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { divider, restrain } from './hostile';

const ESC = '\u001b';
let terminal: Terminal;
let typed = '';
let answers = true;

const write = (data: string | Uint8Array): Promise<void> =>
  new Promise((resolve) => terminal.write(data, resolve));

function screen(): string[] {
  const { active } = terminal.buffer;
  const rows = Array.from(
    { length: active.length },
    (_, row) => active.getLine(row)?.translateToString(true) ?? '',
  );
  return rows.filter((row) => row !== '');
}

beforeEach(() => {
  terminal = new Terminal({ allowProposedApi: true, scrollback: 100, scrollOnEraseInDisplay: true });
  restrain(terminal, { answers: () => answers });
  typed = '';
  answers = true;
  terminal.onData((data) => (typed += data));
});

describe('what a guest can’t do to a terminal', () => {
  it('is to give the page another title', async () => {
    const titled = vi.fn();
    terminal.onTitleChange(titled);
    await write(`${ESC}]0;evil\u0007${ESC}]2;evil${ESC}\\${ESC}]1;evil\u0007ok`);
    expect(titled).not.toHaveBeenCalled();
    expect(screen()).toEqual(['ok']);
  });

  it.each([
    ['read or write the clipboard', `${ESC}]52;c;ZXZpbA==\u0007${ESC}]52;c;?\u0007`],
    [
      'ask for colours, or change them',
      `${ESC}]4;0;?\u0007${ESC}]10;?\u0007${ESC}]11;#fff\u0007${ESC}]12;?\u0007`,
    ],
    ['have the focus reported', `${ESC}[?1004h`],
    ['have the title or the window’s size typed back', `${ESC}[21t${ESC}[18t${ESC}[14t`],
    ['draw pictures', `${ESC}Pq#0;2;0;0;0#0~~@@vv@@~~$-${ESC}\\`],
  ])('is to %s', async (_, sequence) => {
    await write(`${sequence}ok`);
    terminal.focus();
    terminal.blur();
    expect(typed).toBe('');
    expect(screen()).toEqual(['ok']);
  });

  it.each([
    ['which terminal it is', `${ESC}[c`, `${ESC}[?1;2c`],
    ['which version it is', `${ESC}[>c`, `${ESC}[>0;276;0c`],
    ['where the cursor is', `${ESC}[6n`, `${ESC}[1;1R`],
    ['whether it is well', `${ESC}[5n`, `${ESC}[0n`],
    ['how a mode is set', `${ESC}[?25$p`, `${ESC}[?25;1$y`],
    ['how it writes', `${ESC}P$qm${ESC}\\`, `${ESC}P1$r0m${ESC}\\`],
  ])('is to be told %s by a terminal that is not to answer', async (_, question, answer) => {
    answers = false;
    await write(question);
    expect(typed).toBe('');
    answers = true;
    await write(question);
    expect(typed).toBe(answer);
  });

  it('is to keep it busy with repetitions', async () => {
    await write('x');
    for (const final of '@ABCDEFILMPSTXZab') await write(`${ESC}[2147483647${final}`);
    for (const final of [' @', ' A', "'}", "'~"]) await write(`${ESC}[2147483647${final}`);
    await write('y');
    expect(screen()).toEqual(['xy']);
  });

  it('is to take away what was scrolled off', async () => {
    await write(Array.from({ length: 60 }, (_, row) => `line ${row}\r\n`).join(''));
    await write(`${ESC}[3J${ESC}[2J${ESC}[H$`);
    expect(screen().slice(0, 3)).toEqual(['line 0', 'line 1', 'line 2']);
    expect(screen().at(-1)).toBe('$');
  });

  it('is to grow it without end', async () => {
    await write('x\r\n'.repeat(10_000));
    expect(terminal.buffer.active.length).toBe(100 + terminal.rows);
  });

  it('is to have a link of any length', async () => {
    await write(`${ESC}]8;;https://x.example/${'a'.repeat(5_000)}${ESC}\\long${ESC}]8;;${ESC}\\ ok`);
    expect(screen()).toEqual(['long ok']);
  });
});

describe('a line of the console’s own', () => {
  it.each([
    ['a string that never ends', `text${ESC}]0;never ends`],
    ['a sequence', `text${ESC}[31`],
    ['half a sign', Uint8Array.of(0x74, 0x65, 0x78, 0x74, 0xe6, 0xbc)],
    ['the alternate screen', `text${ESC}[?1049halternate`],
  ])('is readable after %s', async (_, begun) => {
    await write(begun);
    await write(divider('Started again'));
    await write('login: ');
    expect(screen()).toEqual(['text', '── Started again ──', 'login: ']);
  });

  it('ends colours, and the reports of the mouse', async () => {
    await write(`${ESC}[31;1m${ESC}[?1003;1006hred`);
    await write(divider('x'));
    await write('plain');
    expect(terminal.modes.mouseTrackingMode).toBe('none');
    const { active } = terminal.buffer;
    const cell = active.getLine(active.cursorY)?.getCell(0);
    expect([cell?.getChars(), cell?.isFgDefault(), cell?.isBold()]).toEqual(['p', true, 0]);
  });
});
