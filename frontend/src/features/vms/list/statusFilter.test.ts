import { describe, expect, it } from 'vitest';
import { statusOf, withStatus } from './statusFilter';

describe('withStatus', () => {
  it('puts a status in place of any other and keeps the rest', () => {
    expect(withStatus('web status:exited image:demo', 'running')).toBe('status:running web image:demo');
    expect(withStatus('', 'running')).toBe('status:running');
    expect(withStatus('status:exited web', null)).toBe('web');
  });
});

describe('statusOf', () => {
  it('is the only status asked for', () => {
    expect(statusOf('web status:Running')).toBe('running');
    expect(statusOf('web')).toBeNull();
    expect(statusOf('-status:running')).toBeNull();
    expect(statusOf('status:running status:exited')).toBeNull();
  });
});
