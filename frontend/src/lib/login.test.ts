import { expect, it, vi } from 'vitest';
import { goToLogin } from './login';

it('comes back to the page that was left', () => {
  const assign = vi.fn();
  goToLogin({ pathname: '/vms/a', search: '?tab=logs&x=1', assign } as unknown as Location);
  expect(assign).toHaveBeenCalledWith('/login/?next=%2Fvms%2Fa%3Ftab%3Dlogs%26x%3D1');
});
