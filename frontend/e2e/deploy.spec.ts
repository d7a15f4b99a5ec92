import type { Page } from '@playwright/test';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, expectAccessible, pressOn, tabTo, test } from './console';
import { createVm, removeVm } from './host';

const COMPOSE = `name: keyboard
services:
  web:
    image: nginx
    ports:
      - "80:80"
    environment:
      TOKEN: \${TOKEN}
`;
const ENV = 'export TOKEN="s3cret of # mine"\nEMPTY=\n';

const kms = (): string => {
  const url = process.env.VMM_KMS_URL;
  if (!url) throw new Error('VMM_KMS_URL must name the KMS of the server; script/e2e does');
  return url;
};

async function chooseByKeyboard(page: Page, name: string, file: string): Promise<void> {
  await tabTo(page, 'button', name);
  const chooser = page.waitForEvent('filechooser');
  await page.keyboard.press('Enter');
  await (await chooser).setFiles(file);
}

/** Lets go of a file over the editor, as somebody does who drags it from their desktop. */
async function drop(page: Page, name: string, text: string): Promise<void> {
  const editor = page.getByRole('textbox', { name: 'docker-compose.yml' });
  await editor.waitFor();
  const dataTransfer = await page.evaluateHandle(
    ([fileName, content]) => {
      const transfer = new DataTransfer();
      transfer.items.add(new File([content], fileName));
      return transfer;
    },
    [name, text] as const,
  );
  for (const event of ['dragover', 'drop']) await editor.dispatchEvent(event, { dataTransfer });
}

interface Info {
  status: string;
  boot_progress: string;
  app_id: string;
  configuration: { compose_file: string; encrypted_env: string };
}

async function infoOf(page: Page, id: string): Promise<Info> {
  const response = await page.request.get('/prpc/GetInfo', { params: { id } });
  return ((await response.json()) as { info: Info }).info;
}

test.describe('a deployment', () => {
  let folder = '';
  const created: string[] = [];

  test.beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'deploy-'));
    await writeFile(join(folder, 'docker-compose.yml'), COMPOSE);
    await writeFile(join(folder, 'secrets.env'), ENV);
  });

  test.afterEach(async ({ request }) => {
    for (const id of created.splice(0)) await removeVm(request, id);
  });

  test.afterAll(async () => {
    await rm(folder, { recursive: true });
  });

  test('goes from two files to a running VM by keyboard alone, with an environment that only its guest reads', async ({
    page,
    request,
  }) => {
    const sent: string[] = [];
    page.on('request', (each) => sent.push(`${each.url()} ${each.postData() ?? ''}`));
    await page.goto('/deploy');
    await chooseByKeyboard(page, 'Choose a file…', join(folder, 'docker-compose.yml'));
    await expect(page.getByRole('textbox', { name: 'Name', exact: true })).toHaveValue('keyboard');
    await expectAccessible(page);

    await pressOn(page, 'link', 'Next: Environment');
    await expect(page.getByRole('heading', { name: 'Keys' })).toBeFocused();
    await chooseByKeyboard(page, 'Import a .env file…', join(folder, 'secrets.env'));
    await expect(page.getByText('2 variables taken.')).toBeVisible();
    await pressOn(page, 'button', 'Use a KMS');
    const key = page.getByRole('region', { name: 'Key of the application' });
    await expect(key).toContainText('Is this your KMS?');
    await expectAccessible(page);

    await pressOn(page, 'link', 'Next: Machine');
    await pressOn(page, 'button', /^Small/);
    await expectAccessible(page);
    await pressOn(page, 'link', 'Next: Network');
    await pressOn(page, 'button', 'Lead to 80 of your compose file');
    await expect(page.getByLabel('VM port', { exact: true })).toHaveValue('80');
    await expectAccessible(page);
    await pressOn(page, 'link', 'Next: Review');

    const deploy = page.getByRole('button', { name: 'Deploy' });
    await expect(deploy).toHaveAccessibleDescription(/whether you trust the key/);
    await tabTo(page, 'checkbox', /Trust this signer/);
    await page.keyboard.press('Space');
    await expect(key).toContainText('Signed by a KMS that you trust');
    await expectAccessible(page);
    await pressOn(page, 'button', 'Deploy');
    await expect(page).toHaveURL(/\/vms\/[0-9a-f-]{36}\/overview$/, { timeout: 60_000 });

    const id = page.url().split('/').at(-2) ?? '';
    created.push(id);
    await expect.poll(async () => (await infoOf(page, id)).boot_progress, { timeout: 120_000 }).toBe('done');
    const { app_id, configuration } = await infoOf(page, id);
    expect(JSON.parse(configuration.compose_file)).toMatchObject({
      name: 'keyboard',
      docker_compose_file: COMPOSE,
      allowed_envs: ['TOKEN', 'EMPTY'],
    });
    const opened = await request.post(`${kms()}/open`, {
      data: { app_id, sealed: configuration.encrypted_env },
    });
    expect(await opened.json()).toEqual({ TOKEN: 's3cret of # mine', EMPTY: '' });
    expect(sent.filter((each) => each.includes('s3cret'))).toEqual([]);
    expect(await page.evaluate(() => JSON.stringify([sessionStorage, localStorage]))).not.toContain('s3cret');
  });

  test('tells what is wrong where it can be mended, before anything is asked for', async ({
    page,
    request,
  }) => {
    const other = await createVm(request, 'holds-a-port', { stopped: true });
    created.push(other.id);
    await page.goto('/deploy?step=review');
    await expect(page.getByRole('region', { name: 'To be mended' })).toContainText(
      'There is nothing to run yet',
    );
    await page.goto('/deploy');
    await drop(page, 'docker-compose.yml', 'services:\n  dropped:\n    image: nginx\n    ports: ["80:80"]\n');
    await expect(page.getByRole('textbox', { name: 'Name', exact: true })).toHaveValue('dropped');
    await page.goto('/deploy?step=network');
    await page.getByRole('button', { name: 'Lead to 80 of your compose file' }).click();
    await page.getByLabel('Host port', { exact: true }).fill(String(other.port));
    await expect(
      page.getByText(`tcp port ${other.port} is taken by VM '${other.name}'`, { exact: false }),
    ).toBeVisible();
    await page.getByRole('button', { name: 'Find a free host port for port 1' }).click();
    await expect(page.getByText('is taken by')).toHaveCount(0);
    await page.goto('/deploy?step=machine');
    await page.getByLabel('Memory', { exact: true }).fill('0');
    await expect(page.getByText('Must be between 1 and')).toBeVisible();
    await page.getByRole('link', { name: /Review/ }).click();
    const mend = page.getByRole('region', { name: 'To be mended' });
    await expect(mend).toContainText('memory: must be between 1 and');
    await expect(page.getByRole('button', { name: 'Deploy' })).toHaveAttribute('aria-disabled', 'true');
    await mend.getByRole('link', { name: 'Machine' }).click();
    await expect(page).toHaveURL('/deploy?step=machine');
    await page.goBack();
    await expect(mend).toBeVisible();
    await page.reload();
    await expect(mend).toContainText('memory: must be between 1 and');
  });

  test('is made of a VM that is there, and says what is not copied', async ({ page, request }) => {
    const original = await createVm(request, 'original', { stopped: true });
    created.push(original.id);
    await page.goto(`/deploy?from=${original.id}&step=network`);
    await expect(page.getByRole('region', { name: 'What is not copied' })).toContainText(
      'What is on its disk',
    );
    await expect(page.getByLabel('Host port', { exact: true })).not.toHaveValue(String(original.port));
    await page.getByRole('link', { name: 'Machine', exact: true }).click();
    await page.getByLabel('Only prepare it').check();
    await page.getByRole('link', { name: /Review/ }).click();
    await expectAccessible(page);
    await page.getByRole('button', { name: 'Create, without starting' }).click();
    await expect(page).toHaveURL(/\/vms\/[0-9a-f-]{36}\/overview$/);
    const id = page.url().split('/').at(-2) ?? '';
    created.push(id);
    const [one, copy] = [await infoOf(page, original.id), await infoOf(page, id)];
    expect(copy.configuration.compose_file).toBe(one.configuration.compose_file);
    expect(copy.app_id).toBe(one.app_id);
    expect(copy.status).toBe('stopped');
  });
});
