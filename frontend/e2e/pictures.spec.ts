import type { APIRequestContext, Page } from '@playwright/test';
import { cp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { chooseAction, expect, openList, rowOf } from './console';
import { createVm, IMAGE, removeVm } from './host';
import { makeFirstAdmin, PASSWORD, test, type Server } from './server';

/** The pictures of README and docs/, of a host with a dozen VMs. They are looked at by people, so only made when wanted. */
const FOLDER = '../docs/screenshots';
const BOOT_MS = 240_000;
const GONE_IMAGE = 'dstack-0.4.2';
const running = ['shop-web', 'checkout-payments-europe-west-blue-green-canary', 'shop-api'];
const stopped = [
  { name: 'nightly-report', vcpu: 2, memory: 4096, disk_size: 20 },
  { name: 'inference-worker', vcpu: 16, memory: 65_536, disk_size: 400 },
  { name: 'customer-portal-preview', vcpu: 1, memory: 1024, disk_size: 10 },
  { name: 'ledger-archive', vcpu: 2, memory: 8192, disk_size: 250 },
  { name: 'shop-database', vcpu: 4, memory: 16_384, disk_size: 120 },
  { name: 'staging-web', vcpu: 1, memory: 512, disk_size: 5 },
];

interface Shot {
  dark?: true;
  width?: number;
  height?: number;
}

/** They are part of every clone. */
const MOST_BYTES = 150_000;
const PHONE = { width: 390, height: 844 };
const WIDE = { width: 1400, height: 610 };

async function take(
  page: Page,
  file: string,
  { dark, width = 1280, height = 760 }: Shot = {},
): Promise<void> {
  await page.emulateMedia({ colorScheme: dark ? 'dark' : 'light' });
  await page.setViewportSize({ width, height });
  // Charts are drawn anew in another scheme, and what has moved settles.
  await page.waitForTimeout(600);
  const picture = await page.screenshot({
    path: `${FOLDER}/${file}.png`,
    animations: 'disabled',
    caret: 'hide',
  });
  expect(picture.length, file).toBeLessThanOrEqual(MOST_BYTES);
}

/** A VM that can't start: what it boots from has been taken away by hand. */
async function makeBroken(request: APIRequestContext, server: Server): Promise<string> {
  const lost = join(server.images, GONE_IMAGE);
  await cp(join(server.images, IMAGE), lost, { recursive: true });
  await expect.poll(async () => (await request.get('/prpc/ListImages')).text()).toContain(GONE_IMAGE);
  const { id } = await createVm(request, '', { name: 'vector-search', image: GONE_IMAGE, stopped: true });
  await rm(lost, { recursive: true });
  await request.post('/prpc/StartVm', { data: { id } });
  return id;
}

test.use({
  settings: { VMM_AUTH__ENABLED: 'true', VMM_CVM__AUTO_RESTART__ENABLED: 'false', VMM_NODE_NAME: 'rack-7' },
});

test('takes the pictures of the docs', async ({ page, playwright, server }) => {
  test.skip(process.env.VMM_SCREENSHOTS !== '1', 'only with VMM_SCREENSHOTS=1');
  test.setTimeout(30 * 60_000);
  const ids: string[] = [];
  await makeFirstAdmin(page, server);
  await expect(page.getByRole('button', { name: 'Deploy the demo' })).toBeEnabled();
  await take(page, 'empty-host');
  const request = await playwright.request.newContext({
    baseURL: server.url,
    httpCredentials: { username: 'ada', password: PASSWORD, send: 'always' },
  });
  const create = async (given: Parameters<typeof createVm>[2]): Promise<string> => {
    const { id } = await createVm(request, '', given);
    ids.push(id);
    return id;
  };

  await test.step('a dozen VMs', async () => {
    for (const each of stopped) await create({ ...each, stopped: true });
    ids.push(await makeBroken(request, server));
    for (const name of running) await create({ name });
    const crashing = await create({ name: 'message-queue' });
    await openList(page);
    for (const name of [...running, 'message-queue'])
      await expect(rowOf(page, name).getByText('Running', { exact: true })).toBeVisible({ timeout: BOOT_MS });
    await server.crash(crashing);
    await expect(rowOf(page, 'message-queue')).toContainText('Failed');
    await create({ name: 'inference-gateway' });
    await expect(rowOf(page, 'inference-gateway')).toContainText('Booting');
    // What needs a person first, and the size before the order: a narrow page has another way to sort.
    await page.setViewportSize(WIDE);
    await page.getByRole('columnheader', { name: 'Status' }).getByRole('button').click();
    await take(page, 'console', WIDE);
    await take(page, 'console-dark', { ...WIDE, dark: true });
    await take(page, 'console-phone', PHONE);
    await page.setViewportSize({ width: 1280, height: 760 });
    await page.getByRole('link', { name: 'inference-gateway' }).click();
    await expect(page.getByRole('listitem').filter({ hasText: 'Mounting host share' })).toBeVisible({
      timeout: BOOT_MS,
    });
    await take(page, 'boot');
  });

  const shop = ids[stopped.length + 1] ?? '';
  await test.step('one of them', async () => {
    await page.goto(`/vms/${shop}/console`);
    await page.getByRole('textbox', { name: 'Terminal input' }).focus();
    for (const line of ['uname -a', 'df -h', 'ls /']) {
      await page.keyboard.type(`${line}\r`);
      await page.waitForTimeout(1500);
    }
    await take(page, 'terminal', { dark: true });
    await take(page, 'terminal-phone', { ...PHONE, dark: true });
    await page.setViewportSize({ width: 1280, height: 760 });
    await page.getByRole('textbox', { name: 'Terminal input' }).focus();
    await page.keyboard.type(
      'for i in 1 2 3 4 5 6; do dd if=/dev/zero of=/data/f bs=1M count=60; sync; sleep 6; done; clear\r',
    );
    await page.waitForTimeout(70_000);
    await page.goto(`/vms/${shop}/overview`);
    await expect(page.getByRole('figure').first()).toContainText('In use');
    await take(page, 'vm', { height: 740 });
    await take(page, 'vm-dark', { dark: true, height: 740 });
    await take(page, 'vm-phone', PHONE);
    await page.goto(`/vms/${ids[stopped.length + 3] ?? ''}/logs`);
    await page.getByRole('button', { name: 'Search' }).click();
    await page.getByRole('textbox', { name: 'Find in the log' }).fill('disk');
    await expect(page.getByRole('search').getByRole('status')).toContainText('line');
    await take(page, 'logs');
    await page.goto(`/vms/${shop}/update`);
    await page.setViewportSize({ width: 1280, height: 900 });
    const editor = page.getByRole('textbox', { name: 'docker-compose.yml' });
    await editor.getByText('image: nginx').click();
    await page.keyboard.press('End');
    await page.keyboard.type(':1.29\n');
    // In place of whatever the editor indents a new line by.
    await page.keyboard.press('Shift+Home');
    await page.keyboard.type('    restart: always');
    await expect(page.locator('.cm-lintRange-error, .cm-lint-marker-error')).toHaveCount(0);
    await page.getByLabel('vCPUs', { exact: true }).fill('2');
    await expect(page.getByRole('complementary', { name: 'What changes' })).toContainText('Identity');
    await take(page, 'update', { height: 900 });
  });

  await test.step('a deployment', async () => {
    await page.setViewportSize({ width: 1280, height: 900 });
    await page.goto('/deploy');
    await page.getByRole('button', { name: /^Web page/ }).click();
    await page.getByRole('textbox', { name: 'Name', exact: true }).fill('checkout');
    await take(page, 'deploy', { height: 900 });
    await page.goto('/deploy?step=review');
    await expect(page.getByText('Ready: the host would take it as it is.')).toBeVisible();
    await take(page, 'deploy-review', { height: 900 });
  });

  await test.step('images and the host', async () => {
    await page.goto('/images');
    const offered = page
      .getByRole('table', { name: 'Images in the registry' })
      .getByRole('row')
      .filter({ has: page.getByText('0.5.10', { exact: true }) });
    const pull = async (tag: string, outcome: string): Promise<void> => {
      await page.getByRole('button', { name: `Pull ${tag}`, exact: true }).click();
      await expect(page.getByText(outcome).first()).toBeVisible({ timeout: 60_000 });
    };
    await pull('0.5.8-no-image', 'Pull failed');
    await pull('0.5.9', 'On this host');
    for (const [file, shot] of [
      ['images', {}],
      ['images-dark', { dark: true }],
      ['images-phone', { width: 390, height: 1200 }],
    ] as const) {
      await offered.getByRole('button', { name: /^Pull/ }).click();
      await expect(offered).toContainText('left');
      await take(page, file, shot);
      await offered.getByRole('button', { name: /^Cancel/ }).click();
      await expect(offered).toContainText('Not on this host');
    }
    await page.goto('/host');
    await expect(page.getByRole('heading', { level: 1, name: /rack-7|Host/ })).toBeVisible();
    await take(page, 'host', { height: 900 });
    await take(page, 'host-dark', { dark: true, height: 900 });
  });

  await test.step('who did what', async () => {
    await openList(page);
    await chooseAction(page, 'shop-api', 'Stop…');
    await page.getByRole('button', { name: 'Stop now' }).click();
    await page.goto('/audit');
    await expect(page.getByRole('table', { name: 'Audit log' })).toContainText('Create VM');
    await take(page, 'audit');
  });

  for (const id of ids) await removeVm(request, id);
});
