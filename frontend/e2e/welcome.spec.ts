import { expect, expectAccessible, openList, test } from './console';
import { removeVm } from './host';

/** Without hardware virtualization, on a busy machine. */
const BOOT_MS = 120_000;

test.describe('a host without virtual machines', () => {
  test('has a demo running after one click', async ({ page, request }) => {
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
      await expect(page.getByText('Running', { exact: true }).first()).toBeVisible({ timeout: BOOT_MS });
      const info = (await (await request.get('/prpc/GetInfo', { params: { id } })).json()) as {
        info: { configuration: { ports: { host_port: number }[] } };
      };
      const port = info.info.configuration.ports[0]?.host_port;
      await expect
        .poll(async () => (await request.get(`http://127.0.0.1:${port}/`)).status(), { timeout: 30_000 })
        .toBe(200);
    } finally {
      await removeVm(request, id);
    }
  });
});
