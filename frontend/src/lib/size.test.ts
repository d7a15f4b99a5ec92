import { expect, it } from 'vitest';
import { formatBytes, formatDisk, formatMemory } from './size';

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

it.each([
  [0, '0 B'],
  [1023, '1023 B'],
  [1024, '1 KB'],
  [1536 * 1024, '1.5 MB'],
  [1024 ** 2 - 1, '1 MB'],
  [3.25 * 1024 ** 3, '3.3 GB'],
  [5000 * 1024 ** 4, '5000 TB'],
])('%d bytes are %s', (bytes, words) => {
  expect(formatBytes(bytes)).toBe(words);
});
