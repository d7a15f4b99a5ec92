import { expect, it } from 'vitest';
import { PLAIN } from '@/lib/ansi/style';
import { LogWindow } from '@/live/logWindow';
import { markMatches, matchingLines, patternOf } from './matches';

const red = { ...PLAIN, fg: 1 };

it('finds lines by what is seen of them, whatever the case', () => {
  const { lines } = LogWindow.of(0, new TextEncoder().encode('Kernel PA\u001b[31mNIC\nfine\npanic.\n'));
  expect(matchingLines(lines, patternOf('panic'))).toEqual([0, 23]);
  expect(matchingLines(lines, patternOf('c.'))).toEqual([23]);
  expect(matchingLines(lines, patternOf(''))).toEqual([]);
});

it('marks what was found, over the borders of colours', () => {
  const segments = [
    { text: 'a pa', style: PLAIN },
    { text: 'nic ', style: red },
    { text: 'Panic', style: PLAIN },
  ];
  expect(
    markMatches(segments, 'a panic Panic', patternOf('panic')).map(({ text, matches }) => [text, matches]),
  ).toEqual([
    ['a ', false],
    ['pa', true],
    ['nic', true],
    [' ', false],
    ['Panic', true],
  ]);
});
