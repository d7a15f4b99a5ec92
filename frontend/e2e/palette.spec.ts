import { expect, expectAccessible, openList, test } from './console';
import { createVm, removeVm, type Created } from './host';

test.describe('the palette', () => {
  let vm: Created;

  test.beforeAll(async ({ request }) => {
    vm = await createVm(request, 'palette', { stopped: true });
  });
  test.afterAll(async ({ request }) => removeVm(request, vm.id));

  test('finds a VM and acts on it by keyboard alone', async ({ page }) => {
    await openList(page);
    await page.keyboard.press('Control+k');
    const field = page.getByRole('combobox', { name: 'Find a page, a VM or an image' });
    await expect(field).toBeFocused();
    await expectAccessible(page);
    await page.keyboard.type(vm.name);
    const chosen = page.getByRole('option', { selected: true });
    await expect(chosen).toContainText(vm.name);
    await page.keyboard.press('ArrowRight');
    await expect(page.getByRole('option', { name: 'Start' })).toBeVisible();
    await expectAccessible(page);
    await page.keyboard.type('events');
    await page.keyboard.press('Enter');
    await expect(page).toHaveURL(new RegExp(`/vms/${vm.id}/events$`));
    await expect(field).toHaveCount(0);
  });

  test('goes to pages, and shows which keys there are', async ({ page }) => {
    await openList(page);
    await page.getByRole('button', { name: 'Find and do' }).click();
    await expect(page.getByRole('combobox')).toBeFocused();
    await page.keyboard.type('host');
    await expect(page.getByRole('option', { selected: true })).toContainText('Host');
    await page.keyboard.press('Enter');
    await expect(page.getByRole('heading', { level: 1, name: 'Host' })).toBeFocused();
    await page.keyboard.press('?');
    await expect(page.getByRole('dialog', { name: 'Keyboard shortcuts' })).toBeVisible();
    await page.keyboard.press('Escape');
    await expect(page.getByRole('dialog')).toHaveCount(0);
  });
});
