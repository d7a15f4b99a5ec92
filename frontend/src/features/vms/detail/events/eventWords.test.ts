import { expect, it } from 'vitest';
import { asText, sourceOf, wordsOf } from './eventWords';

const event = (name: string, body = '') => ({ number: 1, event: name, body, timestamp: 1_760_000_000_000 });

it('takes nothing that a guest says for the host’s word', () => {
  expect(sourceOf(event('host.exited'))).toBe('host');
  expect(sourceOf(event('guest.host.exited'))).toBe('guest');
  expect(sourceOf(event('boot.progress'))).toBe('guest');
});

it('keeps the name of an event that nobody knows', () => {
  expect(wordsOf(event('constructor')).label).toBe('constructor');
  expect(wordsOf(event('host.exited')).weight).toBe('warning');
});

it('is a line of text, the rest of a long body indented', () => {
  expect(asText(event('boot.error', 'one\ntwo'))).toBe('2025-10-09T08:53:20.000Z  boot.error  one\n    two');
  expect(asText(event('x'))).toBe('2025-10-09T08:53:20.000Z  x');
});
