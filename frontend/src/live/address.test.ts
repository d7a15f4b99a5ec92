import { expect, it } from 'vitest';
import { socketAddress } from './address';

it('is as secure as the page', () => {
  expect(socketAddress('/ws/status', {}, { protocol: 'http:', host: 'host:12000' })).toBe(
    'ws://host:12000/ws/status',
  );
  expect(socketAddress('/ws/status', {}, { protocol: 'https:', host: 'vmm.example' })).toBe(
    'wss://vmm.example/ws/status',
  );
});

it('says what is known, escaped, and leaves out what is not', () => {
  const parameters = { ch: 'stderr', boot: 0, position: null, q: 'a&b' };
  expect(socketAddress('/ws/logs/x', parameters, { protocol: 'http:', host: 'h' })).toBe(
    'ws://h/ws/logs/x?ch=stderr&boot=0&q=a%26b',
  );
});
