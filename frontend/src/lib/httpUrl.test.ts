import { expect, it } from 'vitest';
import { httpUrl } from './httpUrl';

it('leads to web addresses only', () => {
  expect(httpUrl('https://app.example:8443/x')).toBe('https://app.example:8443/x');
  expect(httpUrl('http://[::1]:80')).toBe('http://[::1]/');
  for (const bad of [
    'javascript:alert(1)',
    ' JaVaScript:alert(1)',
    'data:text/html,x',
    'ftp://x',
    '/relative',
    '',
  ]) {
    expect(httpUrl(bad), bad).toBeNull();
  }
});
