import { expect, openList, rowOf, watchFaults } from './console';
import { createVm, removeVm, type Created } from './host';
import { test } from './server';

/** Without hardware virtualization, on a busy machine. */
const BOOT_MS = 150_000;
/** What a browser itself complains of while nobody listens, or says 503 for it has only begun to. */
const NOT_THERE =
  /ERR_CONNECTION_REFUSED|ERR_CONNECTION_RESET|ERR_EMPTY_RESPONSE|WebSocket connection|status of 503/;

// One that has crashed is to stay so.
test.use({ settings: { VMM_CVM__AUTO_RESTART__ENABLED: 'false' } });

test.describe('a server that is killed while its pages are open', () => {
  const created: Created[] = [];

  test.afterAll(async ({ request }) => {
    for (const { id } of created) await removeVm(request, id);
  });

  test('is missed and found again, without a reload, with what became of its VMs meanwhile', async ({
    page,
    context,
    request,
    server,
    faults,
  }) => {
    test.setTimeout(3 * BOOT_MS);
    const stays = await createVm(request, 'stays');
    const ends = await createVm(request, 'ends');
    created.push(stays, ends);
    const list = page;
    const terminal = await context.newPage();
    await watchFaults(terminal, faults);
    await openList(list);
    await terminal.goto(`/vms/${stays.id}/console`);
    await expect(rowOf(list, stays.name).getByText('Running', { exact: true })).toBeVisible({
      timeout: BOOT_MS,
    });
    const screen = terminal.locator('.xterm-rows');
    const type = async (text: string): Promise<void> => {
      await terminal.getByRole('textbox', { name: 'Terminal input' }).focus();
      await terminal.keyboard.type(`${text}\r`);
    };
    await type('echo before $((40 + 2))');
    await expect(screen).toContainText('before 42');
    for (const each of [list, terminal])
      await each.evaluate(() => Object.assign(window, { neverReloaded: true }));

    await server.kill();
    for (const each of [list, terminal])
      await expect(each.getByRole('status').filter({ hasText: 'Reconnecting…' })).toBeVisible();
    await expect(terminal.getByRole('status').filter({ hasText: 'you type is not sent' })).toBeVisible();
    await expect(screen).toContainText('before 42');
    await expect(rowOf(list, ends.name)).toContainText(/Booting|Running/);
    await server.crash(ends.id);

    await server.start();
    const back = Date.now();
    await expect(rowOf(list, ends.name).getByText('Failed', { exact: true })).toBeVisible();
    test
      .info()
      .annotations.push({ type: 'told the truth', description: `${Date.now() - back} ms after it was back` });
    await expect(rowOf(list, stays.name).getByText('Running', { exact: true })).toBeVisible();

    await expect(terminal.getByRole('status').filter({ hasText: 'Reconnecting…' })).toHaveCount(0);
    await expect(screen).toContainText('before 42');
    await type('echo after $((40 + 3))');
    await expect(screen).toContainText('after 43');
    for (const each of [list, terminal])
      expect(await each.evaluate(() => 'neverReloaded' in window)).toBe(true);
    faults.splice(0, faults.length, ...faults.filter((fault) => !NOT_THERE.test(fault)));
  });
});
