import { MantineProvider } from '@mantine/core';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { expect, it, vi } from 'vitest';
import { ConnectionContext, type ConnectionValue } from '@/live/connection';
import { OfflineBanner } from './OfflineBanner';

const show = (value: ConnectionValue) =>
  render(
    <QueryClientProvider client={new QueryClient()}>
      <MantineProvider env="test">
        <ConnectionContext value={value}>
          <OfflineBanner />
        </ConnectionContext>
      </MantineProvider>
    </QueryClientProvider>,
  );

it('says since when the server is out of reach, and tries again when asked', async () => {
  const retry = vi.fn();
  show({ connection: { phase: 'offline', since: Date.now() - 14_000 }, retry });
  expect(screen.getByRole('status')).toHaveTextContent(/Reconnecting….*\(1[45]s ago\)/);
  await userEvent.click(screen.getByRole('button', { name: 'Try now' }));
  expect(retry).toHaveBeenCalledTimes(1);
});

it('is silent while the connection holds', () => {
  show({ connection: { phase: 'online' }, retry: vi.fn() });
  expect(screen.queryByRole('status')).not.toBeInTheDocument();
});
