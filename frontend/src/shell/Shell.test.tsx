import { MantineProvider } from '@mantine/core';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import {
  createMemoryHistory,
  createRootRoute,
  createRoute,
  createRouter,
  RouterProvider,
} from '@tanstack/react-router';
import { render, screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { expect, it, vi } from 'vitest';
import type { Account } from '@/api/account';
import { keys } from '@/api/keys';
import { Shell } from './Shell';

const account: Account = {
  name: 'alice',
  role: 'admin',
  credential: 'session',
  has_account: true,
  permissions: ['LOOK', 'SEE_NODE', 'CREATE_VM'],
  authentication: true,
  user_id: 1,
  everywhere: [],
};

/** The shell around pages that are nothing but a title and a link to another view of the same. */
async function show(path: string, given: Partial<Account> = {}) {
  const root = createRootRoute({ component: Shell });
  const page = (at: string, title: string) =>
    createRoute({ getParentRoute: () => root, path: at, component: () => <h1>{title}</h1> });
  const tabs = (at: string) =>
    createRoute({ getParentRoute: () => root, path: at, component: () => <button>Logs of it</button> });
  const router = createRouter({
    routeTree: root.addChildren([page('/', 'List'), page('/images', 'Images here'), tabs('/vms/$id/$tab')]),
    history: createMemoryHistory({ initialEntries: [path] }),
  });
  const client = new QueryClient();
  client.setQueryData(keys.account, { ...account, ...given });
  render(
    <QueryClientProvider client={client}>
      <MantineProvider env="test">
        <RouterProvider router={router as never} />
      </MantineProvider>
    </QueryClientProvider>,
  );
  await screen.findByRole('main');
  return router;
}

it('starts whoever goes to another page at its title', async () => {
  await show('/');
  expect(await screen.findByRole('heading', { name: 'List' })).not.toHaveFocus();
  await userEvent.click(screen.getByRole('link', { name: 'Images' }));
  expect(await screen.findByRole('heading', { name: 'Images here' })).toHaveFocus();
  expect(screen.getByRole('link', { name: 'Images' })).toHaveAttribute('aria-current', 'page');
});

it('leaves the focus where it is between the views of one VM', async () => {
  const router = await show('/vms/8d1c/events');
  const tab = await screen.findByRole('button', { name: 'Logs of it' });
  tab.focus();
  await router.navigate({ to: '/vms/8d1c/logs' as '/' });
  expect(screen.getByRole('button', { name: 'Logs of it' })).toHaveFocus();
});

it('offers a new VM to those only who may make one', async () => {
  await show('/', { permissions: ['LOOK'] });
  expect(screen.queryByRole('link', { name: 'New VM' })).not.toBeInTheDocument();
});

it('shows the pages on a narrow window when asked, until one is chosen', async () => {
  vi.spyOn(window, 'matchMedia').mockReturnValue({
    matches: true,
    addEventListener: vi.fn(),
    removeEventListener: vi.fn(),
  } as unknown as MediaQueryList);
  await show('/');
  const opener = screen.getByRole('button', { name: 'Pages' });
  expect(screen.queryByRole('navigation')).not.toBeInTheDocument();
  await userEvent.click(opener);
  await userEvent.keyboard('{Escape}');
  expect(opener).toHaveFocus();
  expect(opener).toHaveAttribute('aria-expanded', 'false');
  await userEvent.click(opener);
  await userEvent.click(within(screen.getByRole('navigation')).getByRole('link', { name: 'Images' }));
  expect(await screen.findByRole('heading', { name: 'Images here' })).toHaveFocus();
  expect(opener).toHaveAttribute('aria-expanded', 'false');
});
