import { MantineProvider } from '@mantine/core';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import {
  createMemoryHistory,
  createRootRoute,
  createRoute,
  createRouter,
  Outlet,
  RouterProvider,
} from '@tanstack/react-router';
import { render, screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { http, HttpResponse } from 'msw';
import { setupServer } from 'msw/node';
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest';
import type { Account } from '@/api/account';
import { keys } from '@/api/keys';
import type { VmRow } from '@/api/vm';
import type { LiveState } from '@/live/apply';
import { nodeInfo, vmRow } from '@/test/vmRow';
import { usePalette } from '../usePalette';

const everything: Account['permissions'] = [
  'LOOK',
  'SEE_VM',
  'STEER_VM',
  'CREATE_VM',
  'CHANGE_VM',
  'SEE_NODE',
];
const account: Account = {
  name: 'alice',
  role: 'admin',
  credential: 'none',
  has_account: false,
  permissions: everything,
  authentication: false,
  user_id: null,
  everywhere: everything,
};
const stopped: string[] = [];
const server = setupServer(
  http.post('*/prpc/StopVm', async ({ request }) => {
    stopped.push(((await request.json()) as { id: string }).id);
    return new HttpResponse(null, { status: 204 });
  }),
);
beforeAll(async () => {
  // On a busy machine it takes longer to load than a query waits.
  await import('./Palette');
  server.listen({ onUnhandledRequest: 'error' });
  // jsdom has no layout to scroll in.
  Element.prototype.scrollIntoView = vi.fn();
});
afterEach(() => {
  stopped.length = 0;
});
afterAll(() => server.close());

function Anywhere() {
  const { palette } = usePalette();
  return (
    <>
      <input aria-label="Some field" />
      <Outlet />
      {palette}
    </>
  );
}

async function show(vms: VmRow[]) {
  const root = createRootRoute({ component: Anywhere });
  const at = (path: string) => createRoute({ getParentRoute: () => root, path, component: () => null });
  const router = createRouter({
    routeTree: root.addChildren([at('/'), at('/images'), at('/vms/$id/overview'), at('/vms/$id/logs')]),
    history: createMemoryHistory({ initialEntries: ['/'] }),
  });
  const client = new QueryClient();
  const live: LiveState = {
    node: nodeInfo,
    vms: new Map(vms.map((row) => [row.id, row])),
    images: [],
    pulls: [],
    nodes: [],
  };
  client.setQueryData(keys.account, account);
  client.setQueryData(keys.live, live);
  render(
    <QueryClientProvider client={client}>
      <MantineProvider env="test">
        <RouterProvider router={router as never} />
      </MantineProvider>
    </QueryClientProvider>,
  );
  const field = await screen.findByLabelText('Some field');
  field.focus();
  await userEvent.keyboard('{Control>}k{/Control}');
  await screen.findByRole('combobox');
  return router;
}

const chosen = (): string => screen.getByRole('option', { selected: true }).textContent;

it('goes to a VM by a few letters of its name, and tells a screen reader which line is meant', async () => {
  const router = await show([vmRow({ id: 'a', name: 'shop-web' }), vmRow({ id: 'b', name: 'nightly' })]);
  const field = screen.getByRole('combobox');
  expect(field).toHaveFocus();
  await userEvent.keyboard('nigh');
  await waitFor(() => expect(chosen()).toMatch(/^nightly/));
  expect(field).toHaveAttribute('aria-activedescendant', screen.getByRole('option', { selected: true }).id);
  await userEvent.keyboard('{Enter}');
  await waitFor(() => expect(router.state.location.pathname).toBe('/vms/b/overview'));
  expect(screen.queryByRole('combobox')).not.toBeInTheDocument();
});

it('shows what can be done with a VM, and the way back', async () => {
  const router = await show([vmRow({ id: 'a', name: 'shop-web' })]);
  await userEvent.keyboard('shop');
  await waitFor(() => expect(chosen()).toMatch(/^shop-web/));
  await userEvent.keyboard('{ArrowRight}');
  expect(screen.getByRole('combobox')).toHaveAccessibleName('Do with shop-web');
  await userEvent.keyboard('{Backspace}');
  expect(screen.getByRole('combobox')).toHaveAccessibleName('Find a page, a VM or an image');
  await userEvent.keyboard('logs shop');
  await waitFor(() => expect(chosen()).toBe('Logs shop-web'));
  await userEvent.keyboard('{Enter}');
  await waitFor(() => expect(router.state.location.pathname).toBe('/vms/a/logs'));
});

it('stops a VM only after asking', async () => {
  await show([vmRow({ id: 'a', name: 'shop-web' })]);
  await userEvent.keyboard('stop shop');
  await waitFor(() => expect(chosen()).toBe('Stop… shop-web'));
  await userEvent.keyboard('{Enter}');
  expect(stopped).toEqual([]);
  expect(chosen()).toMatch(/^Stop shop-web now/);
  await userEvent.keyboard('{Enter}');
  await waitFor(() => expect(stopped).toEqual(['a']));
});

it('gives the focus back to what had it', async () => {
  await show([]);
  await userEvent.keyboard('nothing like it');
  expect(await screen.findByText(/Nothing is called/)).toBeVisible();
  await userEvent.keyboard('{Escape}');
  await waitFor(() => expect(screen.getByLabelText('Some field')).toHaveFocus());
});
