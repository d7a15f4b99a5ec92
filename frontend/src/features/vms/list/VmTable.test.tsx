import { MantineProvider } from '@mantine/core';
import { Notifications } from '@mantine/notifications';
import { render, screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { VmRow } from '@/api/vm';
import { vmRow } from '@/test/vmRow';
import { theme } from '@/theme';
import { VmTable } from './VmTable';

const go = vi.fn();

const page = (rows: VmRow[], hidden = ['node'], lost: string[] = []) => (
  <MantineProvider theme={theme} env="test">
    <Notifications />
    <VmTable
      rows={rows}
      homeNode="host-1"
      lostNodes={new Set(lost)}
      shutdownTimeout={60}
      hidden={hidden}
      may={() => true}
      onGo={go}
    />
  </MantineProvider>
);

const names = (): (string | null)[] =>
  screen
    .getAllByRole('rowheader')
    .map((cell) => cell.querySelector('[title]')?.getAttribute('title') ?? null);

const openMenu = (name: string) =>
  userEvent.click(screen.getByRole('button', { name: `Actions for ${name}` }));

const answer = (status: number, body: object | null = null) =>
  vi
    .spyOn(globalThis, 'fetch')
    .mockResolvedValue(
      new Response(body && JSON.stringify(body), { status, headers: { 'Content-Type': 'application/json' } }),
    );

beforeEach(() => localStorage.clear());

describe('VmTable', () => {
  it('shows what matters of a VM', () => {
    const ports = [{ protocol: 'tcp', host_address: '127.0.0.1', host_port: 8080, vm_port: 80 }];
    render(page([vmRow({ name: 'web', no_tee: true, memory: 2048, ports, node: 'host-2' })]));
    const row = screen.getByRole('rowheader', { name: /web/ }).closest<HTMLElement>('[role=row]');
    if (!row) throw new Error('the row header is in a row');
    for (const text of ['Running', 'no TEE', '2 GB', 'on host-2'])
      expect(within(row).getByText(text)).toBeVisible();
    expect(within(row).getByRole('link', { name: '8080→80' })).toHaveAttribute(
      'href',
      'http://127.0.0.1:8080',
    );
  });

  it('names the node in a column of its own where there are several, and says when it is lost', () => {
    render(page([vmRow({ node: 'host-2' }), vmRow({ id: 'b', name: 'b' })], [], ['host-2']));
    expect(screen.getByText('host-2, lost')).toBeVisible();
    expect(screen.getByText('host-1')).toBeVisible();
    expect(screen.queryByText(/^on host-2/)).toBeNull();
  });

  it('links to ports only while somebody answers there', () => {
    const ports = [{ protocol: 'tcp', host_address: '127.0.0.1', host_port: 8080, vm_port: 80 }];
    render(page([vmRow({ name: 'web', status: 'stopped', ports })]));
    expect(screen.getByText('8080→80')).toBeVisible();
    expect(screen.queryByRole('link', { name: '8080→80' })).not.toBeInTheDocument();
  });

  it('sorts by name as people count, turns around on a second click, and remembers', async () => {
    const rows = [vmRow({ id: 'a', name: 'vm-10' }), vmRow({ id: 'b', name: 'vm-2' })];
    const { unmount } = render(page(rows));
    expect(names()).toEqual(['vm-2', 'vm-10']);
    await userEvent.click(screen.getByRole('button', { name: 'Name' }));
    expect(names()).toEqual(['vm-10', 'vm-2']);
    expect(screen.getByRole('columnheader', { name: 'Name' })).toHaveAttribute('aria-sort', 'descending');
    unmount();
    render(page(rows));
    expect(names()).toEqual(['vm-10', 'vm-2']);
  });

  it('draws only the rows near the window', () => {
    render(page(Array.from({ length: 5000 }, (_, i) => vmRow({ id: `id-${i}`, name: `vm-${i}` }))));
    expect(screen.getByRole('table')).toHaveAttribute('aria-rowcount', '5001');
    expect(screen.getAllByRole('rowheader').length).toBeLessThanOrEqual(60);
  });

  it('offers what the state allows', async () => {
    render(page([vmRow({ name: 'web', status: 'stopped' })]));
    await openMenu('web');
    const enabled = screen.getAllByRole('menuitem').filter((item) => !item.hasAttribute('disabled'));
    expect(enabled.map((item) => item.textContent)).toEqual([
      'Open',
      'Console',
      'Logs',
      'Start',
      'Update or resize…',
      'Fork…',
      'Copy id',
      'Remove…',
    ]);
  });

  it('is busy from the click until the row moves on', async () => {
    const fetch = answer(204);
    const row = vmRow({ id: 'vm-1', name: 'web', status: 'stopped', revision: 7 });
    const { rerender } = render(page([row]));
    await openMenu('web');
    await userEvent.click(screen.getByRole('menuitem', { name: 'Start' }));
    expect(fetch).toHaveBeenCalledWith('/prpc/StartVm', expect.objectContaining({ body: '{"id":"vm-1"}' }));
    expect(screen.getByText('Start requested…')).toBeVisible();
    rerender(page([{ ...row, revision: 8, status: 'running' }]));
    expect(screen.queryByText('Start requested…')).not.toBeInTheDocument();
    expect(screen.getByText('Running')).toBeVisible();
  });

  it("shows the server's words when it refuses, and is not busy any more", async () => {
    answer(409, { code: 409, message: 'port 8080 is held by api' });
    render(page([vmRow({ id: 'vm-2', name: 'web', status: 'stopped' })]));
    await openMenu('web');
    await userEvent.click(screen.getByRole('menuitem', { name: 'Start' }));
    expect(await screen.findByText('port 8080 is held by api')).toBeVisible();
    expect(screen.getByText('web could not be started')).toBeVisible();
    expect(screen.queryByText('Start requested…')).not.toBeInTheDocument();
  });

  it('removes a running VM only after its name was typed', async () => {
    const fetch = answer(204);
    render(page([vmRow({ id: 'vm-3', name: 'web' })]));
    await openMenu('web');
    await userEvent.click(screen.getByRole('menuitem', { name: 'Remove…' }));
    const remove = screen.getByRole('button', { name: 'Remove' });
    expect(remove).toBeDisabled();
    await userEvent.type(screen.getByRole('textbox'), 'web');
    await userEvent.click(remove);
    expect(fetch).toHaveBeenCalledWith('/prpc/RemoveVm', expect.objectContaining({ body: '{"id":"vm-3"}' }));
  });

  it('stops only after asking', async () => {
    const fetch = answer(204);
    render(page([vmRow({ id: 'vm-4', name: 'web' })]));
    await openMenu('web');
    await userEvent.click(screen.getByRole('menuitem', { name: 'Stop…' }));
    expect(fetch).not.toHaveBeenCalled();
    await userEvent.click(screen.getByRole('button', { name: 'Stop now' }));
    expect(fetch).toHaveBeenCalledWith('/prpc/StopVm', expect.objectContaining({ body: '{"id":"vm-4"}' }));
  });

  it('opens a VM in the page, and leaves other clicks on its name to the browser', async () => {
    render(page([vmRow({ id: 'vm-5', name: 'web' })]));
    await userEvent.click(screen.getByRole('link', { name: 'web' }));
    expect(go).toHaveBeenCalledExactlyOnceWith('/vms/vm-5');
  });

  it('selects with Shift, by the head and by keyboard, and asks before it stops them all', async () => {
    const fetch = answer(204);
    const rows = ['a', 'b', 'c', 'd'].map((id) => vmRow({ id, name: `vm-${id}` }));
    render(page(rows));
    const user = userEvent.setup();
    const box = (name: string) => screen.getByRole('checkbox', { name: `Select ${name}` });
    await user.click(box('vm-a'));
    await user.keyboard('{Shift>}');
    await user.click(box('vm-c'));
    await user.keyboard('{/Shift}');
    expect(screen.getByText('3 selected')).toBeVisible();
    await user.click(screen.getByRole('checkbox', { name: 'Select all that are shown' }));
    expect(screen.getByText('4 selected')).toBeVisible();
    await user.keyboard('{Escape}');
    expect(screen.queryByText('4 selected')).not.toBeInTheDocument();
    await user.keyboard('{Control>}a{/Control}');
    await user.click(screen.getByRole('button', { name: 'Stop…' }));
    expect(screen.getByText('Stop 4 virtual machines?')).toBeVisible();
    expect(fetch).not.toHaveBeenCalled();
    await user.click(screen.getByRole('button', { name: 'Stop 4' }));
    expect(fetch.mock.calls.map(([path]) => path)).toEqual(Array(4).fill('/prpc/StopVm'));
  });

  it('removes many of which some run only after that was typed', async () => {
    answer(204);
    render(page([vmRow({ id: 'a', name: 'vm-a' }), vmRow({ id: 'b', name: 'vm-b', status: 'stopped' })]));
    await userEvent.click(screen.getByRole('checkbox', { name: 'Select all that are shown' }));
    await userEvent.click(screen.getByRole('button', { name: 'Remove…' }));
    expect(screen.getByText('One of them runs')).toBeVisible();
    const remove = screen.getByRole('button', { name: 'Remove 2' });
    expect(remove).toBeDisabled();
    await userEvent.type(screen.getByRole('textbox'), 'remove 2');
    expect(remove).toBeEnabled();
  });

  it('offers to stop by force what was asked to shut down long ago', async () => {
    const asked = { status: 'stopping', shutdown_asked_at: Date.now() - 61_000 } as const;
    render(page([vmRow({ name: 'web', ...asked })]));
    await userEvent.click(screen.getByRole('button', { name: 'Stop web by force' }));
    expect(screen.getByText('Stop web?')).toBeVisible();
  });
});
