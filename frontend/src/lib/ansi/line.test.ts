import { describe, expect, it } from 'vitest';
import { plainText, renderLine, styleAfter } from './line';
import { PLAIN, type Style } from './style';

const ESC = '\u001b';
const shown = (raw: string): string => plainText(renderLine(raw, PLAIN));
const styled = (raw: string, before: Style = PLAIN): [string, Partial<Style>][] =>
  renderLine(raw, before).map(({ text, style }) => [
    text,
    Object.fromEntries(Object.entries(style).filter(([key, value]) => value !== PLAIN[key as keyof Style])),
  ]);

describe('the colours of a line', () => {
  it.each<[string, Partial<Style>]>([
    ['31', { fg: 1 }],
    ['1;32', { bold: true, fg: 2 }],
    ['97;41', { fg: 15, bg: 1 }],
    ['100', { bg: 8 }],
    ['2;3;4;7;9', { dim: true, italic: true, underline: true, inverse: true, strike: true }],
    ['38;5;9', { fg: 9 }],
    ['38;5;196;1', { fg: 9, bold: true }],
    ['48;5;244', { bg: 8 }],
    ['38;2;0;0;250;4', { fg: 4, underline: true }],
    ['38:2::0:0:250', { fg: 4 }],
    ['38:5:1', { fg: 1 }],
    ['4:3', { underline: true }],
    ['', {}],
    ['31;0', {}],
    ['31;39', {}],
    ['1;2;22', {}],
    ['999', {}],
    ['38;5;999', {}],
  ])('after ESC[%sm', (parameters, expected) => {
    expect(styled(`${ESC}[${parameters}mx`)).toEqual([['x', expected]]);
  });

  it('begin as the line before left them, and end as this one leaves them', () => {
    const red = styleAfter(`a${ESC}[31mb`, PLAIN);
    expect(styled('rest', red)).toEqual([['rest', { fg: 1 }]]);
    expect(styled(`rest${ESC}[0m.`, red)).toEqual([
      ['rest', { fg: 1 }],
      ['.', {}],
    ]);
    expect(styleAfter(`rest${ESC}[m.`, red)).toEqual(PLAIN);
  });

  it('join what looks the same', () => {
    expect(styled(`a${ESC}[31m${ESC}[0mb`)).toEqual([['ab', {}]]);
  });
});

describe('the text of a line', () => {
  it.each([
    ['plain text', 'plain text'],
    ['', ''],
    ['ends in a carriage return\r', 'ends in a carriage return'],
    ['10 %\r20 %\r100 %', '100 %'],
    ['long first\rshort', 'shortfirst'],
    [`loading…\r${ESC}[Kdone`, 'done'],
    [`abc${ESC}[2D${ESC}[Kx`, 'ax'],
    [`abc${ESC}[2K\rx`, 'x'],
    [`abc${ESC}[1Kx`, '   x'],
    [`${ESC}[5Gx`, '    x'],
    [`a${ESC}[3Cb`, 'a   b'],
    ['a\tb', 'a       b'],
    ['12345678\tb', '12345678        b'],
    ['ab\b\bc', 'cb'],
    ['\b\bx', 'x'],
    ['bell\u0007 nul\u0000 del\u007f csi\u009b31m', 'bell nul del csi31m'],
    [`${ESC}]0;a title\u0007x`, 'x'],
    [`${ESC}]52;c;Y2xpcA==${ESC}\\x`, 'x'],
    [`${ESC}]8;;javascript:alert(1)${ESC}\\link${ESC}]8;;${ESC}\\`, 'link'],
    [`${ESC}Pq#0;2;0;0;0~~${ESC}\\x`, 'x'],
    [`${ESC}(Bx${ESC}7y${ESC}cz`, 'xyz'],
    [`${ESC}[?25lx${ESC}[2Jy${ESC}[10;10Hz`, 'xyz'],
    [`cut ${ESC}[3`, 'cut [3'],
    ['wide 漢字 and 🦀\rW', 'Wide 漢字 and 🦀'],
    ['name\u202etxt.exe', 'name\ufffdtxt.exe'],
  ])('%j is seen as %j', (raw, expected) => {
    expect(shown(raw)).toBe(expected);
  });

  it('stays short however far a guest sends its cursor', () => {
    expect(shown(`${ESC}[999999999Gx`)).toHaveLength(1000);
    expect(shown(`${`${ESC}[999999999C`.repeat(50)}x`)).toHaveLength(1001);
  });

  it('takes a time that grows with its length only', () => {
    const hostile = `${ESC}]${'x'.repeat(4_000)}${`${ESC}P`.repeat(2_000)}`;
    expect(shown(hostile).length).toBeLessThan(hostile.length);
  });
});
