import { expect, it } from 'vitest';
import { formatDisk, formatMemory } from './size';

it.each([
  [512, '512 MB'],
  [1024, '1 GB'],
  [1536, '1.5 GB'],
  [131072, '128 GB'],
])('%d MB of memory is %s', (mb, words) => {
  expect(formatMemory(mb)).toBe(words);
});

it.each([
  [1, '1 GB'],
  [500, '500 GB'],
  [1536, '1.5 TB'],
])('%d GB of disk is %s', (gb, words) => {
  expect(formatDisk(gb)).toBe(words);
});
