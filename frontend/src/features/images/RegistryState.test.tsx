import { MantineProvider } from '@mantine/core';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { expect, it, vi } from 'vitest';
import { Registry } from './Registry';

const actions = { busy: new Set<string>(), pull: vi.fn(), cancel: vi.fn(), remove: vi.fn() };

const show = (repository: string) =>
  render(
    <QueryClientProvider client={new QueryClient()}>
      <MantineProvider env="test">
        <Registry repository={repository} images={[]} actions={actions} />
      </MantineProvider>
    </QueryClientProvider>,
  );

const answer = (status: number, body: object) =>
  vi
    .spyOn(globalThis, 'fetch')
    .mockImplementation(() => Promise.resolve(new Response(JSON.stringify(body), { status })));

it('names the setting where no registry is configured, and asks nobody', () => {
  const fetch = answer(409, {});
  show('');
  expect(screen.getByRole('heading', { name: 'No registry is configured' })).toBeVisible();
  expect(screen.getByText('[image]')).toBeVisible();
  expect(screen.queryByRole('button')).not.toBeInTheDocument();
  expect(fetch).not.toHaveBeenCalled();
});

it("has the server's words for a registry that can't be asked, and tries again", async () => {
  const fetch = answer(502, { code: 502, message: 'registry.example: connection refused' });
  show('registry.example/guest-image');
  expect(await screen.findByText('registry.example: connection refused')).toBeVisible();
  fetch.mockResolvedValue(new Response(JSON.stringify({ images: [] }), { status: 200 }));
  await userEvent.click(screen.getByRole('button', { name: 'Try again' }));
  expect(await screen.findByText('Push one to it, then refresh.')).toBeVisible();
  expect(screen.queryByText('registry.example: connection refused')).not.toBeInTheDocument();
});

it('shows what the registry offers, and pulls it when asked', async () => {
  answer(200, { images: [{ tag: '0.5.4', local: false, pulling: false, error: '' }] });
  show('registry.example/guest-image');
  await userEvent.click(await screen.findByRole('button', { name: 'Pull 0.5.4' }));
  expect(actions.pull).toHaveBeenCalledExactlyOnceWith('0.5.4');
});
