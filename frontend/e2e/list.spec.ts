import type { WebSocketRoute } from '@playwright/test';
import { chooseAction, expect, expectAccessible, openList, rowOf, test, watchFaults } from './console';
import { createVm, removeVm, type Created } from './host';

test.describe('the list of virtual machines', () => {
  let created: Created[] = [];

  test.afterEach(async ({ request }) => {
    for (const { id } of created) await removeVm(request, id);
    created = [];
  });

  test('shows a stop made in one browser to another one', async ({ page, browser, request, faults }) => {
    const vm = await createVm(request, 'stop');
    created.push(vm);
    const other = await (await browser.newContext()).newPage();
    await watchFaults(other, faults);
    await Promise.all([openList(page), openList(other)]);
    await expect(rowOf(other, vm.name)).toContainText(/Booting|Running/);

    await chooseAction(page, vm.name, 'Stop…');
    await page.getByRole('button', { name: 'Stop now' }).click();
    const seen = await Promise.all(
      [page, other].map(async (each) => {
        await rowOf(each, vm.name).getByText('Stopped', { exact: true }).waitFor({ timeout: 40_000 });
        return Date.now();
      }),
    );
    test.info().annotations.push({
      type: 'two browsers',
      description: `${Math.max(...seen) - Math.min(...seen)} ms apart`,
    });

    await chooseAction(other, vm.name, 'Start');
    for (const each of [page, other]) {
      await expect(rowOf(each, vm.name)).toContainText(/Booting|Running/, { timeout: 40_000 });
    }
    await other.context().close();
  });

  test('filters as one types, and keeps the filter in the address', async ({ page, request }) => {
    const one = await createVm(request, 'find-one');
    const two = await createVm(request, 'find-two');
    created.push(one, two);
    await openList(page);
    await page.keyboard.press('/');
    await page.keyboard.type('find-one status:running');
    await expect(rowOf(page, one.name)).toBeVisible();
    await expect(rowOf(page, two.name)).toHaveCount(0);
    await expect(page).toHaveURL(/\?q=find-one\+status:running$/);
    await page.reload();
    await expect(page.getByRole('searchbox')).toHaveValue('find-one status:running');
    await expect(rowOf(page, two.name)).toHaveCount(0);
    await page.getByRole('searchbox').press('Escape');
    await expect(rowOf(page, two.name)).toBeVisible();
  });

  test('says when it has lost the server, and heals by itself', async ({ page, request }) => {
    const opened: WebSocketRoute[] = [];
    let refuse = false;
    await page.routeWebSocket(/\/ws\/status$/, (socket) => {
      if (refuse) void socket.close();
      else socket.connectToServer();
      opened.push(socket);
    });
    // What a proxy answers in the place of a server that is gone.
    await page.route('/healthz', (route) =>
      refuse ? route.fulfill({ contentType: 'text/html', body: 'no upstream' }) : route.continue(),
    );
    await openList(page);
    refuse = true;
    await opened.at(-1)?.close();
    await expect(page.getByRole('status').filter({ hasText: 'Reconnecting…' })).toBeVisible();
    await expectAccessible(page);

    const vm = await createVm(request, 'heal');
    created.push(vm);
    await expect(rowOf(page, vm.name)).toHaveCount(0);
    refuse = false;
    await expect(rowOf(page, vm.name)).toBeVisible({ timeout: 30_000 });
    await expect(page.getByText('Live', { exact: true })).toBeVisible();
  });

  test('works in the window of a phone', async ({ page, request }) => {
    const vm = await createVm(request, 'phone');
    created.push(vm);
    await page.setViewportSize({ width: 390, height: 844 });
    await openList(page);
    await expect(rowOf(page, vm.name)).toBeInViewport();
    await page.getByRole('button', { name: `Actions for ${vm.name}` }).click();
    await expect(page.getByRole('menuitem', { name: 'Logs' })).toBeInViewport();
    await page.keyboard.press('Escape');
    await expect(page.getByRole('button', { name: `Actions for ${vm.name}` })).toBeFocused();
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
    await expectAccessible(page);
  });
});
