import type { Locator, Page } from '@playwright/test';
import { expect, expectAccessible, test } from './console';
import { createVm, removeVm, type Created } from './host';

/** Without hardware virtualization a guest boots slowly. */
const BOOT_MS = 120_000;

const openTab = (page: Page, name: string): Promise<void> =>
  page.getByRole('navigation', { name: 'Parts of this virtual machine' }).getByRole('link', { name }).click();

const chart = (page: Page, title: string): Locator =>
  page.getByRole('figure').filter({ has: page.getByText(title, { exact: true }) });

const part = (page: Page, name: string): Locator => page.getByRole('region', { name, exact: true });

test.describe('the page of a virtual machine', () => {
  let vm: Created | null = null;

  test.afterEach(async ({ request }) => {
    if (vm) await removeVm(request, vm.id);
    vm = null;
  });

  test('follows it from its boot to its removal', async ({ page, request }) => {
    test.setTimeout(3 * BOOT_MS);
    vm = await createVm(request, 'detail');
    await page.goto(`/vms/${vm.id}`);
    await expect(page).toHaveURL(/\/overview$/);
    await expect(page.getByRole('heading', { level: 1, name: vm.name })).toBeVisible();

    await test.step('its boot is shown step by step, each with its time', async () => {
      const steps = part(page, 'Boot').getByRole('listitem');
      await expect(steps.filter({ hasText: 'under way' })).toHaveCount(1, { timeout: 30_000 });
      await expect(steps.last()).toHaveAttribute('data-state', 'done', { timeout: BOOT_MS });
      await expect(steps.filter({ hasText: 'starting app' })).toContainText(/\d(\.\d)?s/);
      await expect(part(page, 'Boot')).toContainText(/Took .*\ds\./);
      await expect(steps.filter({ hasText: 'under way' })).toHaveCount(0);
    });

    await test.step('its charts have figures', async () => {
      await expect(chart(page, 'CPU')).toContainText(/In use [\d.]+ %/, { timeout: 30_000 });
      await expect(chart(page, 'Memory')).toContainText(/In use [\d.]+ MB/);
      await expect(chart(page, 'CPU').getByRole('img')).toHaveAccessibleName(/between [\d.]+ % and/);
      await expect(page.locator('canvas')).toHaveCount(4);
      await chart(page, 'CPU').locator('.u-over').hover();
      await expectAccessible(page);
    });

    await test.step('its guest tells of itself', async () => {
      // Its agent starts after what it calls done.
      const ask = () => request.post('/guest/Info', { data: { id: vm?.id } });
      await expect.poll(async () => (await ask()).status(), { timeout: 60_000 }).toBe(200);
      await openTab(page, 'Guest');
      await expect(part(page, 'System')).toContainText('dstack demo guest', { timeout: 30_000 });
      await expect(part(page, 'File systems')).toContainText('/data');
      await expectAccessible(page);
      await openTab(page, 'Network');
      await expect(part(page, 'Inside the guest')).toContainText(/10\.0\.2\.\d+/);
      await expect(part(page, 'Ports').getByRole('link')).toHaveAttribute(
        'href',
        `http://127.0.0.1:${vm?.port}/`,
      );
      await expectAccessible(page);
    });

    await test.step('its configuration says what waits for the next start', async () => {
      await openTab(page, 'Configuration');
      await expect(page.getByRole('textbox', { name: 'Compose file', exact: true })).toContainText(
        'docker-compose',
      );
      await expect(part(page, 'Not in effect yet')).toHaveCount(0);
      const changed = await request.post('/prpc/UpdateVm', { data: { id: vm?.id, user_config: 'other' } });
      expect(changed.status(), await changed.text()).toBe(200);
      await expect(part(page, 'Not in effect yet')).toBeVisible();
      await expect(page.getByRole('textbox', { name: 'User configuration', exact: true })).toContainText(
        'other',
      );
      await expectAccessible(page);
    });

    await test.step('events come as they happen', async () => {
      await openTab(page, 'Events');
      const events = part(page, 'Events').getByRole('listitem');
      await expect(events.last()).toContainText('Started');
      await expect(events.filter({ hasText: 'Asked to shut down' })).toHaveCount(0);
      await page.getByRole('button', { name: 'Shut down' }).click();
      await expect(events.filter({ hasText: 'Asked to shut down' })).toBeVisible({ timeout: 40_000 });
      await expect(events.first()).toContainText('Ended', { timeout: 90_000 });
      await part(page, 'Events')
        .getByRole('button', { name: /Said by the guest/ })
        .click();
      await expect(events.filter({ hasText: 'Ended' })).toHaveCount(0);
      await expectAccessible(page);
    });

    await test.step('it is removed by its name, and the page says so', async () => {
      await page.getByRole('button', { name: 'Start' }).click();
      await expect(page.getByRole('button', { name: 'Stop…' })).toBeVisible({ timeout: 40_000 });
      await page.getByRole('button', { name: 'More' }).click();
      await page.getByRole('menuitem', { name: 'Remove…' }).click();
      const dialog = page.getByRole('dialog');
      await expect(dialog.getByRole('button', { name: 'Remove' })).toBeDisabled();
      await dialog.getByRole('textbox').fill(vm?.name ?? '');
      await dialog.getByRole('button', { name: 'Remove' }).click();
      await expect(page.getByRole('heading', { name: `${vm?.name} was removed` })).toBeVisible({
        timeout: 60_000,
      });
      await expectAccessible(page);
      await page.getByRole('link', { name: 'All virtual machines' }).click();
      await expect(page).toHaveURL(/\/$/);
    });
  });

  test('says that there is none with an unknown id', async ({ page }) => {
    await page.goto('/vms/00000000-0000-4000-8000-000000000000/guest');
    await expect(page.getByRole('heading', { name: 'There is no such virtual machine here' })).toBeVisible();
    await expectAccessible(page);
  });

  test('fits the window of a phone', async ({ page, request }) => {
    vm = await createVm(request, 'a-rather-long-name-that-somebody-gave-to-a-virtual-machine', {
      stopped: true,
    });
    await page.setViewportSize({ width: 390, height: 844 });
    for (const tab of ['overview', 'events', 'configuration', 'network', 'guest']) {
      await page.goto(`/vms/${vm.id}/${tab}`);
      await expect(page.getByRole('heading', { level: 2 }).first()).toBeVisible();
      expect(await page.evaluate(() => document.documentElement.scrollWidth), tab).toBeLessThanOrEqual(390);
    }
    await expectAccessible(page);
  });
});
