import { describe, expect, it } from 'vitest';
import { LogWindow } from '@/live/logWindow';
import { columnsOf, layOut, lineInRow } from './layout';

const linesOf = (text: string) => LogWindow.of(0, new TextEncoder().encode(text)).lines;

describe('where lines are', () => {
  it('is a row each where they are not wrapped', () => {
    expect([...layOut(linesOf('a\n\nb\n'), null)]).toEqual([0, 1, 2, 3]);
  });

  it('is as many rows as they need where they are', () => {
    expect([...layOut(linesOf('1234\n12345\n\n\u001b[31m1234\u001b[0m\n漢字漢\n'), 4)]).toEqual([
      0, 1, 3, 4, 5, 7,
    ]);
  });

  it.each([
    [-1, 0],
    [0, 0],
    [1, 1],
    [2, 1],
    [3, 2],
    [99, 2],
  ])('has in row %i line %i', (row, line) => {
    expect(lineInRow(layOut(linesOf('1234\n12345\nx'), 4), row)).toBe(line);
  });

  it('is nowhere where there are none', () => {
    expect([...layOut([], 4)]).toEqual([0]);
    expect(lineInRow(layOut([], 4), 3)).toBe(0);
  });
});

it.each([
  ['plain', 5],
  ['漢字', 4],
  ['é🦀', 3],
])('%s takes %i columns', (text, columns) => {
  expect(columnsOf(text)).toBe(columns);
});
