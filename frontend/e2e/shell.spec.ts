import { expect, expectAccessible, openList, test } from './console';
import { createVm, removeVm } from './host';

test.describe('the shell', () => {
  test('leads to every page by keyboard, starting at its title', async ({ page }) => {
    await openList(page);
    await page.keyboard.press('Tab');
    await expect(page.getByRole('link', { name: 'Skip to content' })).toBeFocused();
    await page.keyboard.press('Enter');
    await expect(page.locator('#main')).toBeFocused();
    const images = page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Images' });
    await images.focus();
    await page.keyboard.press('Enter');
    await expect(page.getByRole('heading', { level: 1, name: 'Images' })).toBeFocused();
    await expect(page).toHaveTitle(/^Images · /);
    await expect(images).toHaveAttribute('aria-current', 'page');
    await expectAccessible(page);
  });

  test('opens its pages from the top line of a phone', async ({ page }) => {
    await page.setViewportSize({ width: 390, height: 844 });
    await openList(page);
    await page.getByRole('button', { name: 'Pages' }).click();
    await expectAccessible(page);
    await page.getByRole('link', { name: 'Images' }).click();
    await expect(page.getByRole('heading', { level: 1, name: 'Images' })).toBeFocused();
    await expect(page.getByRole('link', { name: 'Virtual machines' })).toBeHidden();
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
  });

  test('asks every few seconds where a proxy lets no websocket through', async ({ page, request }) => {
    let blocked = true;
    await page.routeWebSocket(/\/ws\/status$/, (socket) => {
      if (blocked) void socket.close();
      else socket.connectToServer();
    });
    await page.goto('/');
    await expect(page.getByText('Every 4 s', { exact: true })).toBeVisible();
    await expectAccessible(page);
    const vm = await createVm(request, 'polled', { stopped: true });
    await expect(page.getByTitle(vm.name, { exact: true })).toBeVisible();
    blocked = false;
    // Somebody comes back to the tab.
    await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
    await expect(page.getByText('Live', { exact: true })).toBeVisible();
    await removeVm(request, vm.id);
    await expect(page.getByTitle(vm.name, { exact: true })).toHaveCount(0);
  });
});
