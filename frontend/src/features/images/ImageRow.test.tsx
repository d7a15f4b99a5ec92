import { MantineProvider } from '@mantine/core';
import { createMemoryHistory, createRootRoute, createRouter, RouterProvider } from '@tanstack/react-router';
import { render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { expect, it, vi } from 'vitest';
import type { ImageRow as Row } from '@/api/image';
import { imageRow } from '@/test/imageRow';
import { theme } from '@/theme';
import { ImageRow } from './ImageRow';

const show = async (image: Row, busy = false) => {
  const onDelete = vi.fn();
  const Page = () => <ImageRow image={image} busy={busy} onDelete={onDelete} />;
  const router = createRouter({
    routeTree: createRootRoute({ component: Page }),
    history: createMemoryHistory(),
  });
  render(
    <MantineProvider theme={theme} env="test">
      <RouterProvider router={router as never} />
    </MantineProvider>,
  );
  await screen.findByText(image.name);
  return onDelete;
};

it('says what an image runs on, and how large it is', async () => {
  await show(imageRow({ is_dev: true, supports: ['tdx', 'tdx-lite', 'amd-sev-snp'] }));
  for (const text of ['dstack-0.5.4', 'dev', 'TDX', 'TDX lite', 'SEV-SNP', '28 MB', 'no VM'])
    expect(screen.getByText(text)).toBeVisible();
});

it('says why an image can’t be used, in the row', async () => {
  await show(imageRow({ problem: 'there is no metadata.json', supports: [], size: 0, version: '' }));
  expect(screen.getByText('Unusable')).toBeVisible();
  expect(screen.getByText('there is no metadata.json')).toBeVisible();
});

it('refuses to delete what is used, and says what to do', async () => {
  const onDelete = await show(imageRow({ used_by: { count: 5, names: ['a', 'b', 'c'] } }));
  expect(screen.getByText('a, b, c and 2 more')).toBeVisible();
  const button = screen.getByRole('button', { name: 'Delete dstack-0.5.4' });
  expect(button).toHaveAttribute('aria-disabled', 'true');
  expect(button).toHaveAccessibleDescription(/remove its VMs/);
  await userEvent.click(button);
  expect(onDelete).not.toHaveBeenCalled();
});

it('asks for the deletion of what is not used', async () => {
  const onDelete = await show(imageRow());
  await userEvent.click(screen.getByRole('button', { name: 'Delete dstack-0.5.4' }));
  expect(onDelete).toHaveBeenCalledExactlyOnceWith('dstack-0.5.4');
});

it('shows an image’s own words, but not its metadata in their place', async () => {
  await show(imageRow({ description: '{"kernel": "bzImage"}' }));
  expect(screen.queryByText(/bzImage/)).not.toBeInTheDocument();
});
