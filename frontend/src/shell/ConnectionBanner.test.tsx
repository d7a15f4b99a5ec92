import { MantineProvider } from '@mantine/core';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { expect, it, vi } from 'vitest';
import { ConnectionContext, type ConnectionValue } from '@/live/connection';
import { ConnectionBanner } from './ConnectionBanner';

const show = (value: ConnectionValue) =>
  render(
    <QueryClientProvider client={new QueryClient()}>
      <MantineProvider env="test">
        <ConnectionContext value={value}>
          <ConnectionBanner />
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

it('says that it asks every few seconds where no websocket comes through', () => {
  show({ connection: { phase: 'blocked', since: Date.now() }, retry: vi.fn() });
  expect(screen.getByRole('status')).toHaveTextContent(/asks for news every 4 seconds.*\/ws\//);
});

it("says in the server's words why nothing is shown", () => {
  show({ connection: { phase: 'refused', reason: 'the token of ci is limited to LOOK' }, retry: vi.fn() });
  expect(screen.getByRole('status')).toHaveTextContent('the token of ci is limited to LOOK.');
});
