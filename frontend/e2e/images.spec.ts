import type { Locator, Page } from '@playwright/test';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, expectAccessible, rowOf, test } from './console';
import { createVm, IMAGE, removeVm, type Created } from './host';

/** Pushed by tests/images/slow_registry.py: six megabytes at one a second, a small one, and what is no image. */
const LARGE = '0.5.10';
const SMALL = '0.5.9';
const NO_IMAGE = '0.5.8-no-image';
/** A megabyte a second, and then unpacking, on a machine that does more than this. */
const PULL_MS = 60_000;

const imagesPath = (): string => {
  const path = process.env.VMM_IMAGES;
  if (!path) throw new Error('VMM_IMAGES must name the image folder of the server; script/e2e does');
  return path;
};

async function openImages(page: Page): Promise<void> {
  await page.goto('/images');
  await expect(page.getByText('Live', { exact: true })).toBeVisible();
  await expect(tag(page, LARGE)).toBeVisible();
}

const rowIn = (page: Page, table: string, name: string): Locator =>
  page
    .getByRole('table', { name: table })
    .getByRole('row')
    .filter({ has: page.getByText(name, { exact: true }) });

const image = (page: Page, name: string): Locator => rowIn(page, 'Images on this host', name);
const tag = (page: Page, name: string): Locator => rowIn(page, 'Images in the registry', name);

async function deleteImage(page: Page, name: string): Promise<void> {
  await image(page, name)
    .getByRole('button', { name: `Delete ${name}` })
    .click();
  await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
  await expect(image(page, name)).toHaveCount(0);
}

/** A folder that is no image, as a copy that broke off leaves it. */
async function breakImage(name: string): Promise<void> {
  await mkdir(join(imagesPath(), name));
  await writeFile(
    join(imagesPath(), name, 'metadata.json'),
    JSON.stringify({ kernel: 'bzImage', initrd: 'initramfs.cpio.gz', version: '0.5.7' }),
  );
}

test.describe('the images', () => {
  let created: Created[] = [];

  test.afterEach(async ({ request }) => {
    for (const { id } of created) await removeVm(request, id);
    created = [];
    for (const each of [LARGE, SMALL, NO_IMAGE]) {
      const response = await request.post('/prpc/DeleteImage', { data: { id: `dstack-${each}` } });
      expect([204, 404]).toContain(response.status());
    }
    await rm(join(imagesPath(), 'dstack-broken'), { recursive: true, force: true });
  });

  test('shows a broken image with its reason as soon as it is there, and deletes it', async ({ page }) => {
    await openImages(page);
    await expect(image(page, IMAGE)).toContainText('VMs without a TEE');
    await breakImage('dstack-broken');
    const broken = image(page, 'dstack-broken');
    await expect(broken.getByText('Unusable')).toBeVisible();
    await expect(broken).toContainText("kernel: there is no file 'bzImage'");
    await expectAccessible(page);

    await broken.getByRole('button', { name: 'Delete dstack-broken' }).click();
    await expectAccessible(page);
    await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click();
    await expect(broken.getByRole('button')).toBeFocused();
    await deleteImage(page, 'dstack-broken');
  });

  test('pulls with progress, cancels, pulls again, shows it to another browser, and deletes it', async ({
    page,
    browser,
  }) => {
    await openImages(page);
    const offered = tag(page, LARGE);
    await expect(offered).toContainText('Not on this host');
    await offered.getByRole('button', { name: `Pull ${LARGE}` }).click();
    await expect(offered.getByRole('progressbar', { name: `Pull of ${LARGE}` })).toBeVisible();
    await expect(offered).toContainText(/[1-9]\d? % · .* MB of 6 MB · .*B\/s · \ds left/);
    await expectAccessible(page);
    await offered.getByRole('button', { name: `Cancel the pull of ${LARGE}` }).click();
    await expect(offered).toContainText('Not on this host');
    await expect(image(page, `dstack-${LARGE}`)).toHaveCount(0);

    const other = await (await browser.newContext()).newPage();
    await openImages(other);
    await offered.getByRole('button', { name: `Pull ${LARGE}` }).click();
    await expect(tag(other, LARGE).getByRole('progressbar')).toBeVisible();
    for (const each of [page, other]) {
      await expect(tag(each, LARGE)).toContainText('On this host', { timeout: PULL_MS });
      await expect(image(each, `dstack-${LARGE}`)).toContainText('no VM');
    }
    await deleteImage(page, `dstack-${LARGE}`);
    await expect(image(other, `dstack-${LARGE}`)).toHaveCount(0);
    await expect(tag(other, LARGE)).toContainText('Not on this host');
    await other.context().close();
  });

  test('says in the row why a pull failed, tries again, and forgets it', async ({ page }) => {
    await openImages(page);
    const offered = tag(page, NO_IMAGE);
    await offered.getByRole('button', { name: `Pull ${NO_IMAGE}` }).click();
    await expect(offered).toContainText('Pull failed', { timeout: PULL_MS });
    await expect(offered).toContainText('the image has no sha256sum.txt');
    await expectAccessible(page);
    await offered.getByRole('button', { name: `Retry the pull of ${NO_IMAGE}` }).click();
    await expect(offered.getByRole('button', { name: /^Dismiss/ })).toHaveCount(0);
    await expect(offered).toContainText('Pull failed', { timeout: PULL_MS });
    await page.reload();
    await expect(offered).toContainText('Pull failed');
    await offered.getByRole('button', { name: `Dismiss the failure of ${NO_IMAGE}` }).click();
    await expect(offered).toContainText('Not on this host');
  });

  test('names who uses an image, leads to them, and does not delete it', async ({ page, request }) => {
    const vm = await createVm(request, 'user', { stopped: true });
    created.push(vm);
    await openImages(page);
    const used = image(page, IMAGE);
    await expect(used).toContainText(vm.name);
    const button = used.getByRole('button', { name: `Delete ${IMAGE}` });
    await expect(button).toHaveAttribute('aria-disabled', 'true');
    await button.focus();
    await page.keyboard.press('Enter');
    await expect(page.getByRole('dialog')).toHaveCount(0);
    await used.getByRole('link').click();
    await expect(page).toHaveURL(`/?q=image:${IMAGE}`);
    await expect(rowOf(page, vm.name)).toBeVisible();
  });

  test('is reached, and pulls, by keyboard alone', async ({ page }) => {
    await page.goto('/');
    const link = page.getByRole('navigation').getByRole('link', { name: 'Images' });
    await link.focus();
    await page.keyboard.press('Enter');
    await expect(page).toHaveURL('/images');
    await expect(link).toHaveAttribute('aria-current', 'page');
    await tag(page, SMALL).getByRole('button').focus();
    await page.keyboard.press('Enter');
    await expect(tag(page, SMALL)).toContainText('On this host', { timeout: PULL_MS });
    await image(page, `dstack-${SMALL}`)
      .getByRole('button', { name: /^Delete/ })
      .focus();
    await page.keyboard.press('Enter');
    await expect(page.getByRole('dialog').getByRole('button', { name: 'Cancel' })).toBeFocused();
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await expect(image(page, `dstack-${SMALL}`)).toHaveCount(0);
  });

  test('works in the window of a phone', async ({ page }) => {
    await page.setViewportSize({ width: 390, height: 844 });
    await page.goto('/');
    await page.getByRole('button', { name: 'Pages' }).click();
    await page.getByRole('navigation').getByRole('link', { name: 'Images' }).click();
    await expect(image(page, IMAGE)).toBeInViewport();
    await tag(page, LARGE).getByRole('button').click();
    await expect(tag(page, LARGE).getByRole('progressbar')).toBeVisible();
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
    await expectAccessible(page);
    await tag(page, LARGE)
      .getByRole('button', { name: /^Cancel/ })
      .click();
    await expect(tag(page, LARGE)).toContainText('Not on this host');
  });
});
