import { MantineProvider } from '@mantine/core';
import { render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { expect, it, vi } from 'vitest';
import { ApiError } from '@/api/client';
import { NoRegistry } from './NoRegistry';

const show = (error: Error | null) => {
  const retry = vi.fn();
  render(
    <MantineProvider env="test">
      <NoRegistry error={error} onRetry={retry} />
    </MantineProvider>,
  );
  return retry;
};

it('names the setting where no registry is configured', () => {
  show(new ApiError(409, 'no registry is configured: set registry in [image] of the settings file'));
  expect(screen.getByRole('heading', { name: 'There is no registry to pull from' })).toBeVisible();
  expect(screen.getByText(/no registry is configured: set registry/)).toBeVisible();
  expect(screen.getByText('[image]')).toBeVisible();
});

it("has the server's words for everything else, and tries again when asked", async () => {
  const retry = show(new ApiError(502, 'registry 127.0.0.1:5000/a/b: connection refused'));
  expect(screen.getByText('registry 127.0.0.1:5000/a/b: connection refused')).toBeVisible();
  await userEvent.click(screen.getByRole('button', { name: 'Try again' }));
  expect(retry).toHaveBeenCalledTimes(1);
});

it('says what to do where the registry is empty', () => {
  show(null);
  expect(screen.getByText(/Push one to it/)).toBeVisible();
});
