import { expect, it, vi } from 'vitest';
import { PendingActions } from './pendingActions';

it('withdraws only the entry it was given', () => {
  const actions = new PendingActions();
  const first = { action: 'start', revision: 1 } as const;
  const second = { action: 'stop', revision: 2 } as const;
  actions.add('a', first);
  actions.add('a', second);
  actions.withdraw('a', first);
  expect(actions.snapshot().get('a')).toBe(second);
  actions.withdraw('a', second);
  expect(actions.snapshot().size).toBe(0);
});

it('tells its listeners until they leave', () => {
  const actions = new PendingActions();
  const listener = vi.fn();
  const leave = actions.subscribe(listener);
  actions.add('a', { action: 'start', revision: 1 });
  leave();
  actions.add('b', { action: 'start', revision: 1 });
  expect(listener).toHaveBeenCalledTimes(1);
});
