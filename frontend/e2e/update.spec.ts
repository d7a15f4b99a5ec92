import type { APIRequestContext } from '@playwright/test';
import { expect, expectAccessible, test } from './console';
import { createVm, removeVm, type Created } from './host';

interface Configuration {
  compose_file: string;
  vcpu: number;
  memory: number;
  user_config: string;
}

async function configurationOf(request: APIRequestContext, id: string): Promise<Configuration> {
  const answer = await request.get('/prpc/GetInfo', { params: { id } });
  return ((await answer.json()) as { info: { configuration: Configuration } }).info.configuration;
}

test.describe('the update of a VM', () => {
  let vm: Created | undefined;

  test.afterEach(async ({ request }) => {
    if (vm) await removeVm(request, vm.id);
    vm = undefined;
  });

  test('shows what differs, settles a conflict, and stops, applies and starts again', async ({
    page,
    request,
  }) => {
    vm = await createVm(request, 'update');
    await page.goto(`/vms/${vm.id}/update`);
    const panel = page.getByRole('complementary', { name: 'What changes' });
    await expect(panel).toContainText('Nothing yet');

    const editor = page.getByRole('textbox', { name: 'docker-compose.yml' });
    await editor.click();
    await page.keyboard.press('Control+End');
    await page.keyboard.type('    restart: [');
    const known = panel.getByRole('status', { name: 'Worth knowing' });
    await expect(known).toContainText(/docker-compose\.yml, line \d+: .* The guest could not run it\./);
    await page.keyboard.press('Backspace');
    await page.keyboard.type('always');
    await expect(known).toBeHidden();
    await expect(page.locator('.cm-changedLine, .cm-insertedLine').first()).toContainText('restart: always');
    await expect(panel).toContainText('Compose file');
    await expect(panel).toContainText(/Compose hash .* becomes/);
    await expect(panel).not.toContainText('needs a stop');

    await page.getByLabel('vCPUs').fill('2');
    await expect(panel.getByRole('listitem').filter({ hasText: 'vCPUs' })).toContainText('needs a stop');
    await page.getByLabel('Disk').fill('0');
    await expect(panel).toContainText('A disk never shrinks');
    await expect(panel.getByRole('button', { name: 'Apply and restart' })).toBeDisabled();
    await page.getByLabel('Disk').fill('1');
    await expectAccessible(page);

    const theirs = { id: vm.id, user_config: 'theirs' };
    expect((await request.post('/prpc/UpdateVm', { data: theirs })).status()).toBe(200);
    const conflict = page.getByRole('alert', { name: 'Changed meanwhile' });
    await expect(conflict).toContainText('User config');
    await expect(panel.getByRole('button', { name: 'Apply and restart' })).toBeDisabled();
    await conflict.getByRole('button', { name: 'Keep what I changed' }).click();

    await panel.getByLabel('How').selectOption({ label: 'Stop at once, apply, start again' });
    await panel.getByRole('button', { name: 'Apply and restart' }).click();
    await expect(page).toHaveURL(new RegExp(`/vms/${vm.id}(/overview)?$`), { timeout: 60_000 });
    const now = await configurationOf(request, vm.id);
    expect(now.vcpu).toBe(2);
    expect(now.user_config).toBe('theirs');
    expect(now.compose_file).toContain(String.raw`restart: always`);
    await expect(page.getByText(/^(Booting|Running)$/).first()).toBeVisible();
  });
});
