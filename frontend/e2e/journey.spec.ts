import type { Locator, Page } from '@playwright/test';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { chooseAction, expect, expectAccessible, pressOn, rowOf } from './console';
import { makeFirstAdmin, test } from './server';

const run = promisify(execFile);

/** Without hardware virtualization, on a busy machine. */
const BOOT_MS = 150_000;
const COMPOSE = `name: shop
services:
  web:
    image: nginx:1.27
    ports:
      - "80:80"
`;

const part = (page: Page, name: string): Locator => page.getByRole('region', { name, exact: true });

const openTab = (page: Page, name: string): Promise<void> =>
  page.getByRole('navigation', { name: 'Parts of this virtual machine' }).getByRole('link', { name }).click();

const openPage = (page: Page, name: string): Promise<void> =>
  page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name }).click();

/** Lets a file fall onto something, as if it came from the desktop. */
async function drop(page: Page, onto: Locator, name: string, text: string): Promise<void> {
  const dataTransfer = await page.evaluateHandle(
    (file) => {
      const transfer = new DataTransfer();
      transfer.items.add(new File([file.text], file.name));
      return transfer;
    },
    { name, text },
  );
  await onto.dispatchEvent('drop', { dataTransfer });
}

test.use({ settings: { VMM_AUTH__ENABLED: 'true', VMM_NODE_NAME: 'journey' } });

test('the whole journey, from the first start to the last line of the audit log', async ({
  page,
  server,
}) => {
  test.setTimeout(15 * 60_000);
  let vmPage = '';

  await test.step('the first admin is made by the link that the server printed', async () => {
    await page.goto(server.setUpLink);
    await expectAccessible(page);
    await makeFirstAdmin(page, server);
    await expect(page.getByRole('heading', { name: 'No virtual machines yet' })).toBeVisible();
    await expectAccessible(page);
  });

  await test.step('a compose file is dropped, and deployed by keyboard alone', async () => {
    await pressOn(page, 'link', 'Deploy your own');
    const editor = page.getByRole('textbox', { name: 'docker-compose.yml' });
    await drop(page, editor, 'docker-compose.yml', COMPOSE);
    await expect(editor).toContainText('nginx:1.27');
    await expect(page.getByRole('textbox', { name: 'Name', exact: true })).toHaveValue('shop');
    await expectAccessible(page);
    await pressOn(page, 'link', 'Next: Environment');
    await expectAccessible(page);
    await pressOn(page, 'link', 'Next: Machine');
    await pressOn(page, 'button', /^Small/);
    await expectAccessible(page);
    await pressOn(page, 'link', 'Next: Network');
    await pressOn(page, 'button', 'Lead to 80 of your compose file');
    await expectAccessible(page);
    await pressOn(page, 'link', 'Next: Review');
    await expect(page.getByText('Ready: the host would take it as it is.')).toBeVisible();
    await expectAccessible(page);
    await pressOn(page, 'button', 'Deploy');
    await expect(page).toHaveURL(/\/vms\/[0-9a-f-]{36}\/overview$/, { timeout: 60_000 });
    vmPage = new URL(page.url()).pathname.replace('/overview', '');
  });

  await test.step('it boots, step by step', async () => {
    const steps = part(page, 'Boot').getByRole('listitem');
    await expect(steps.filter({ hasText: 'under way' })).toHaveCount(1, { timeout: 30_000 });
    await expectAccessible(page);
    await expect(steps.last()).toHaveAttribute('data-state', 'done', { timeout: BOOT_MS });
    await expect(page.getByText('Running', { exact: true }).first()).toBeVisible();
  });

  await test.step('its port leads to the page that it serves', async () => {
    const opened = page.context().waitForEvent('page');
    await page.getByRole('link', { name: /→80/ }).first().click();
    const itsOwn = await opened;
    await expect(itsOwn.getByRole('heading', { level: 1, name: 'shop' })).toBeVisible({ timeout: 30_000 });
    await itsOwn.close();
  });

  await test.step('what is typed in its terminal comes back', async () => {
    await openTab(page, 'Console');
    const terminal = part(page, 'Console of shop');
    await terminal.getByRole('textbox', { name: 'Terminal input' }).focus();
    await page.keyboard.type('echo $((6 * 7)) is heard\r');
    await expect(terminal.locator('.xterm-rows')).toContainText('42 is heard');
    await expectAccessible(page);
    await page.keyboard.press('Control+]');
    await expect(terminal.getByRole('button', { name: 'Send key' })).toBeFocused();
  });

  await test.step('its log follows, and is searched', async () => {
    await openTab(page, 'Logs');
    const logs = part(page, 'Logs of shop');
    await expect(logs.getByRole('log')).toContainText('42 is heard');
    await logs.getByRole('button', { name: 'Search' }).click();
    await logs.getByRole('textbox', { name: 'Find in the log' }).fill('42 is heard');
    await expect(logs.getByRole('search').getByRole('status')).toContainText('1 line');
    await expectAccessible(page);
  });

  await test.step('a phone shows it all', async () => {
    await page.setViewportSize({ width: 390, height: 844 });
    for (const path of ['/', '/deploy', `${vmPage}/overview`, `${vmPage}/console`]) {
      await page.goto(path);
      await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
      await expect(page.getByText('Live', { exact: true }).first()).toBeAttached();
      expect(await page.evaluate(() => document.documentElement.scrollWidth), path).toBeLessThanOrEqual(390);
      await expectAccessible(page);
    }
    await expect(page.locator('.xterm-rows')).toContainText('42 is heard');
    await page.setViewportSize({ width: 1440, height: 860 });
  });

  await test.step('its compose file is updated, once the difference was seen', async () => {
    await page.getByRole('button', { name: 'More' }).click();
    await page.getByRole('menuitem', { name: 'Update or resize…' }).click();
    const editor = page.getByRole('textbox', { name: 'docker-compose.yml' });
    await editor.getByText('nginx:1.27').click();
    await page.keyboard.press('End');
    await page.keyboard.type('-alpine');
    await expect(editor.locator('.cm-changedLine')).toContainText('nginx:1.27-alpine');
    const changes = page.getByRole('complementary', { name: 'What changes' });
    await expect(changes).toContainText('measured as another version');
    await expectAccessible(page);
    await changes.getByLabel('How').selectOption('Apply now, use at the next start');
    await changes.getByRole('button', { name: 'Apply' }).click();
    await expect(page).toHaveURL(/\/overview$/);
    await openTab(page, 'Configuration');
    await expect(part(page, 'Not in effect yet')).toBeVisible();
    await expectAccessible(page);
  });

  await test.step('it is stopped by keyboard, made larger, and started with the update', async () => {
    await pressOn(page, 'button', 'Stop…');
    await pressOn(page, 'button', 'Stop now');
    await expect(page.getByText('Stopped', { exact: true }).first()).toBeVisible({ timeout: 60_000 });
    await page.goto(`${vmPage}/update`);
    await page.getByLabel('vCPUs', { exact: true }).fill('2');
    await page.getByRole('button', { name: 'Apply and start' }).click();
    await expect(page).toHaveURL(/\/overview$/, { timeout: 60_000 });
    await expect(part(page, 'About')).toContainText('2 vCPU');
    await openTab(page, 'Configuration');
    await expect(page.getByRole('textbox', { name: 'Compose file', exact: true })).toContainText(
      'nginx:1.27-alpine',
    );
    await expect(part(page, 'Not in effect yet')).toHaveCount(0);
  });

  await test.step('another is made of it, and both are stopped at once', async () => {
    await page.getByRole('button', { name: 'More' }).click();
    await page.getByRole('menuitem', { name: /^Fork/ }).click();
    await expect(part(page, 'What is not copied')).toBeVisible();
    await page.getByRole('textbox', { name: 'Name', exact: true }).fill('shop-two');
    await page
      .getByRole('link', { name: /Review/ })
      .first()
      .click();
    await page.getByRole('button', { name: 'Deploy' }).click();
    await expect(page).toHaveURL(/\/vms\/[0-9a-f-]{36}\/overview$/, { timeout: 60_000 });

    await openPage(page, 'Virtual machines');
    for (const name of ['shop', 'shop-two']) {
      await expect(rowOf(page, name)).toContainText(/Booting|Running/, { timeout: 60_000 });
      await page.getByRole('checkbox', { name: `Select ${name}`, exact: true }).check();
    }
    await expectAccessible(page);
    await part(page, 'Actions for the selected virtual machines')
      .getByRole('button', { name: 'Stop' })
      .click();
    await page.getByRole('dialog').getByRole('button', { name: 'Stop 2' }).click();
    await expect(part(page, 'Results')).toContainText('Stopping 2: all done', { timeout: 60_000 });
    for (const name of ['shop', 'shop-two'])
      await expect(rowOf(page, name).getByText('Stopped', { exact: true })).toBeVisible();
    await expectAccessible(page);
  });

  await test.step('one that runs is removed only by its name', async () => {
    await chooseAction(page, 'shop-two', 'Start');
    await expect(rowOf(page, 'shop-two')).toContainText(/Booting|Running/, { timeout: 60_000 });
    await chooseAction(page, 'shop-two', 'Remove…');
    const dialog = page.getByRole('dialog');
    await expect(dialog.getByRole('button', { name: 'Remove' })).toBeDisabled();
    await expectAccessible(page);
    await dialog.getByRole('textbox').fill('shop-two');
    await dialog.getByRole('button', { name: 'Remove' }).click();
    await expect(rowOf(page, 'shop-two')).toHaveCount(0, { timeout: 60_000 });
  });

  await test.step('an image is pulled with progress', async () => {
    await openPage(page, 'Images');
    const offered = page
      .getByRole('table', { name: 'Images in the registry' })
      .getByRole('row')
      .filter({ has: page.getByText('0.5.10', { exact: true }) });
    await offered.getByRole('button', { name: 'Pull 0.5.10' }).click();
    await expect(offered.getByRole('progressbar')).toBeVisible();
    await expectAccessible(page);
    await expect(offered).toContainText('On this host', { timeout: 60_000 });
  });

  await test.step('a token is made, and its example works in a shell', async () => {
    await openPage(page, 'Tokens');
    await page.getByRole('button', { name: 'New token' }).click();
    await page.getByLabel('Name').fill('deploys from CI');
    await expectAccessible(page);
    await page.getByRole('button', { name: 'Create token' }).click();
    const dialog = page.getByRole('dialog');
    const example = await dialog.locator('pre').last().innerText();
    await expectAccessible(page);
    const { stdout } = await run('bash', ['-c', example]);
    expect((JSON.parse(stdout) as { vms: { name: string }[] }).vms.map(({ name }) => name)).toEqual(['shop']);
    const url = /http\S+/.exec(example)?.[0] ?? '';
    const refused = await run('curl', ['-s', '-o', '/dev/null', '-w', '%{http_code}', url]);
    expect(refused.stdout).toBe('401');
    await dialog.getByRole('button', { name: 'I have kept it' }).click();
    await expectAccessible(page);
  });

  await test.step('all of it is in the audit log', async () => {
    await openPage(page, 'Audit log');
    const log = page.getByRole('table', { name: 'Audit log' });
    for (const what of [
      'Create VM',
      'Update VM',
      'Stop VM',
      'Remove VM',
      'Pull registry image',
      'Create token',
    ])
      await expect(log.getByRole('row').filter({ hasText: what }).first()).toContainText('ada');
    await expect(log.getByRole('row').filter({ hasText: 'Refused: not logged in' })).toContainText('nobody');
    await expectAccessible(page);
  });
});
