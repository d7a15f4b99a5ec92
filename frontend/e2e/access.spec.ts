import type { Page } from '@playwright/test';
import { expect, expectAccessible, expectRefusal } from './console';
import { makeFirstAdmin, PASSWORD, test } from './server';

test.use({ settings: { VMM_AUTH__ENABLED: 'true', VMM_NODE_NAME: 'access' } });

test.describe('users, tokens and the audit log', () => {
  test.beforeAll(async ({ browser, server }) => {
    const page = await browser.newPage();
    await makeFirstAdmin(page, server, 'root');
    await page.close();
  });

  async function logIn(page: Page): Promise<void> {
    await page.goto('/login/');
    await page.locator('input[name=name]').fill('root');
    await page.locator('input[name=password]').fill(PASSWORD);
    await page.getByRole('button', { name: /log in/i }).click();
    await expect(page).toHaveURL('/');
  }

  test('makes a token, uses it within its limits, revokes it, and finds all of it in the log', async ({
    page,
    playwright,
    server,
  }) => {
    await logIn(page);
    await page.goto('/tokens');
    await page.getByRole('button', { name: 'New token' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Name').fill('deploys from CI');
    await dialog.getByLabel('It may').selectOption('chosen');
    await expectAccessible(page);
    await dialog.getByRole('button', { name: 'Create token' }).click();
    await expect(dialog).toContainText('it isn’t shown again');
    const token = (await page.getByTestId('token').textContent()) ?? '';
    await expectAccessible(page);
    await dialog.getByRole('button', { name: 'I have kept it' }).click();

    const api = await playwright.request.newContext({
      baseURL: server.url,
      extraHTTPHeaders: { Authorization: `Bearer ${token}` },
    });
    expect((await api.get('/prpc/Status')).status()).toBe(200);
    expect((await api.post('/prpc/StopVm', { data: { id: 'x' } })).status()).toBe(403);

    await expect(page.getByRole('row').filter({ hasText: 'deploys from CI' })).toContainText('see vm');
    await expectAccessible(page);
    await page.getByRole('button', { name: 'Revoke deploys from CI' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Revoke' }).click();
    await expect(page.getByRole('table', { name: 'Tokens that ended' })).toContainText('deploys from CI');
    expect((await api.get('/prpc/Status')).status()).toBe(401);
    await api.dispose();

    await page.goto('/audit');
    const log = page.getByRole('table', { name: 'Audit log' });
    await expect(log.getByRole('row').filter({ hasText: 'Revoke token' })).toContainText('Done');
    await expect(log).toContainText('name=deploys from CI');
    // Refusals are counted, and written within seconds; the page reads again by itself.
    await expect(log.getByRole('row').filter({ hasText: 'Stop VM' })).toContainText('Refused: not allowed', {
      timeout: 90_000,
    });
    await log
      .getByRole('button', { name: /^Details of Revoke token/ })
      .first()
      .click();
    await expect(log).toContainText('Request id');
    await expectAccessible(page);
    await page.getByLabel('Action', { exact: true }).fill('access.Create');
    await expect(page).toHaveURL(/action=access\.Create/);
    await expect(log.getByRole('row').filter({ hasText: 'Revoke token' })).toHaveCount(0);
  });

  test('makes a user with limits, disables and deletes them', async ({ page, faults }) => {
    await logIn(page);
    await page.goto('/users');
    await page.getByRole('button', { name: 'New user' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Name').fill('ada');
    await dialog.getByRole('textbox', { name: 'Password' }).fill('short');
    await dialog.getByLabel('VMs', { exact: true }).fill('3');
    await expectAccessible(page);
    await dialog.getByRole('button', { name: 'Create user' }).click();
    await expect(dialog.getByRole('alert')).toContainText('too short');
    expectRefusal(faults, 400);
    await dialog.getByRole('textbox', { name: 'Password' }).fill(PASSWORD);
    await dialog.getByRole('button', { name: 'Create user' }).click();
    const row = page.getByRole('row').filter({ hasText: 'ada' });
    await expect(row).toContainText('0 of 3');
    await expectAccessible(page);

    const choose = async (action: string) => {
      await page.getByRole('button', { name: 'Actions for ada' }).click();
      await page.getByRole('menuitem', { name: action }).click();
    };
    await choose('Disable…');
    await dialog.getByRole('button', { name: 'Disable' }).click();
    await expect(row).toContainText('disabled');
    await choose('Delete…');
    await expect(dialog).toContainText('They own no VM.');
    await dialog.getByRole('button', { name: 'Delete' }).click();
    await expect(row).toHaveCount(0);

    await page.goto('/account');
    await expect(page.getByRole('heading', { name: 'Your account' })).toBeVisible();
    await expect(page.getByText('Allowed: ').first()).toBeAttached();
    await expectAccessible(page);
    await page.setViewportSize({ width: 390, height: 844 });
    for (const path of ['/users', '/tokens', '/audit', '/account']) {
      await page.goto(path);
      await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
    }
  });
});
