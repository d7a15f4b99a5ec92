import { expect, expectAccessible, test } from './console';
import { createVm, removeVm } from './host';

test.describe('the pages about the host', () => {
  test('show what is left, what is lacking and what is set', async ({ page }) => {
    await page.goto('/host');
    await expect(page.getByRole('heading', { level: 1, name: 'Host' })).toBeVisible();
    await expect(page.getByRole('heading', { name: 'Capacity' })).toBeVisible();
    await expect(page.getByRole('group', { name: /^Figures of / })).toBeVisible();
    await page.getByLabel('Search settings').fill('cvm.max_allocable_vcpu');
    await expect(page.getByRole('table', { name: 'Settings in effect' }).getByRole('row')).toHaveCount(2);
    await expectAccessible(page);
    await page.setViewportSize({ width: 390, height: 844 });
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
  });

  test('say nothing of nodes where one host works alone, but how others join it', async ({ page }) => {
    await page.goto('/');
    const navigation = page.getByRole('navigation', { name: 'Main' });
    await expect(navigation.getByRole('link', { name: 'Host', exact: true })).toBeVisible();
    await expect(navigation.getByRole('link', { name: 'Nodes' })).toHaveCount(0);
    await page.goto('/nodes');
    await expect(page.getByRole('heading', { name: 'This host works alone' })).toBeVisible();
    await expect(page.getByRole('button', { name: 'Pull an image…' })).toHaveCount(0);
    await expectAccessible(page);
  });

  test('say how GPUs come here where there are none', async ({ page }) => {
    await page.goto('/gpus');
    await expect(page.getByRole('heading', { level: 1, name: 'GPUs' })).toBeVisible();
    await expect(
      page.getByText('No GPU was found on this host').or(page.getByRole('table').first()),
    ).toBeVisible();
    await expectAccessible(page);
  });

  test('stop a process and forget how it ended', async ({ page, request }) => {
    const vm = await createVm(request, 'process');
    try {
      await page.goto('/processes');
      const row = page
        .getByRole('row')
        .filter({ has: page.getByRole('link', { name: vm.name, exact: true }) });
      await expect(row.getByText('Running', { exact: true })).toBeVisible();
      await expectAccessible(page);
      await row.getByRole('button', { name: `Stop ${vm.name}` }).click();
      await page.getByRole('dialog').getByRole('button', { name: 'Stop now' }).click();
      await expect(row.getByText('Stopped', { exact: true })).toBeVisible({ timeout: 60_000 });
      await expect(row.getByRole('link', { name: vm.name })).toHaveAttribute(
        'href',
        `/vms/${vm.id}/overview`,
      );
    } finally {
      await removeVm(request, vm.id);
    }
  });
});
