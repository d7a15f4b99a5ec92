import { expect, expectAccessible, openList, test } from './console';
import { removeVm } from './host';

test.describe('a host without virtual machines', () => {
  test('deploys a demo by one click, and shows the way by the API', async ({ page, request }) => {
    await openList(page);
    await expect(page.getByRole('heading', { name: 'No virtual machines yet' })).toBeVisible();
    await expectAccessible(page);
    await page.getByText('Or by the API').click();
    await expect(page.getByText('/prpc/CreateVm')).toBeVisible();

    await page.getByRole('button', { name: 'Deploy the demo' }).click();
    await expect(page).toHaveURL(/\/vms\/[0-9a-f-]{36}\/overview$/);
    const id = new URL(page.url()).pathname.split('/')[2] ?? '';
    try {
      await expect(page.getByRole('heading', { level: 1, name: 'demo' })).toBeVisible();
      await expect(page.getByText(/^(Booting|Running)$/).first()).toBeVisible();
    } finally {
      await removeVm(request, id);
    }
  });
});
