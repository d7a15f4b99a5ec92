import { request as api, type APIRequestContext, type Page } from '@playwright/test';
import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, expectAccessible, test, watchFaults } from './console';
import { createVm, removeVm, type Created } from './host';
import { ServerToKill } from './serverToKill';

/** Without hardware virtualization a guest boots slowly. */
const BOOT_MS = 120_000;
const MB = 1 << 20;
/** What a browser says while a server is away, or not quite back, which it is here on purpose. */
const AWAY = /ERR_CONNECTION_REFUSED|ERR_CONNECTION_RESET|WebSocket connection|status of 503/;

let server: ServerToKill;
let request: APIRequestContext;
let vm: Created;

const screen = (page: Page) => page.locator('.xterm-rows');
const log = (page: Page) => page.getByRole('log');
const open = (page: Page, tab: string) => page.goto(`${server.url}/vms/${vm.id}/${tab}`);

async function type(page: Page, line: string): Promise<void> {
  await page.locator('.xterm').click();
  await page.keyboard.type(line);
  await page.keyboard.press('Enter');
}

test.describe.configure({ mode: 'serial' });

test.beforeAll(async () => {
  test.setTimeout(BOOT_MS);
  server = await ServerToKill.make({ VMM_CVM__LOG__MAX_BYTES: '1G' });
  request = await api.newContext({ baseURL: server.url });
  vm = await createVm(request, 'terminal');
});

test.afterAll(async () => {
  await removeVm(request, vm.id);
  await request.dispose();
  await server.stop();
});

test('types to a guest, in two browsers, and goes on when the server was killed', async ({
  page,
  browser,
  faults,
}) => {
  const other = await (await browser.newContext()).newPage();
  await watchFaults(other, faults);
  await open(page, 'console');
  await expect(screen(page)).toContainText(':/root#', { timeout: BOOT_MS });
  await type(page, 'echo from-$((40+2))');
  await expect(screen(page)).toContainText('from-42');

  await open(other, 'console');
  await expect(screen(other)).toContainText('from-42');
  await expect(page.getByText('also here')).toBeVisible();
  await type(other, 'echo other-$((1+1))');
  await expect(screen(page)).toContainText('other-2');

  await page.getByRole('button', { name: 'Type alone' }).click();
  await expect(other.getByRole('status').filter({ hasText: 'types alone' })).toBeVisible();
  await type(other, 'echo refused');
  await type(page, 'echo alone-$((2+2))');
  await expect(screen(other)).toContainText('alone-4');
  await expect(screen(other)).not.toContainText('refused');
  await page.getByRole('button', { name: 'Share keyboard' }).click();
  await other.context().close();

  await page.locator('.xterm').click();
  await page.keyboard.press('Control+]');
  await expect(page.getByRole('button', { name: 'Send key' })).toBeFocused();
  await expectAccessible(page);

  await server.kill();
  await expect(page.getByText('Reconnecting…', { exact: true }).first()).toBeVisible();
  await expect(screen(page)).toContainText('from-42');
  await server.start();
  await expect(page.getByText('Connected', { exact: true })).toBeVisible({ timeout: 30_000 });
  await type(page, 'echo again-$((3+3))');
  await expect(screen(page)).toContainText('again-6', { timeout: 30_000 });
  const shown = await screen(page).innerText();
  for (const once of ['from-42', 'other-2', 'alone-4', 'again-6']) expect(shown.split(once)).toHaveLength(2);
  expect(shown).not.toContain('missing');
  faults.splice(0, faults.length, ...faults.filter((fault) => !AWAY.test(fault)));
});

test('asks before it types several lines, and follows no link by itself', async ({ page }) => {
  await open(page, 'console');
  await expect(screen(page)).toContainText('again-6');
  await page.locator('.xterm').click();
  await page.evaluate(() => {
    const clipboardData = new DataTransfer();
    clipboardData.setData('text/plain', 'echo one-$((0+1))\necho two-$((1+1))\n');
    document.activeElement?.dispatchEvent(
      new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true }),
    );
  });
  const dialog = page.getByRole('dialog');
  await expect(dialog).toContainText('Enter is pressed 2 times');
  await expectAccessible(page);
  await dialog.getByRole('button', { name: 'Type it' }).click();
  await expect(screen(page)).toContainText('two-2');

  await type(
    page,
    `printf '\\033]8;;https://example.org/\\033\\\\a link\\033]8;;\\033\\\\ \\033]0;evil\\007\\n'`,
  );
  await expect(screen(page)).toContainText('a link');
  // The terminal hears of the mouse by itself, above its letters.
  const place = await screen(page).getByText('a link', { exact: true }).last().boundingBox();
  const [x, y] = [(place?.x ?? 0) + 10, (place?.y ?? 0) + 5];
  await page.mouse.move(x, y);
  await page.mouse.click(x, y);
  await expect(dialog).toContainText('https://example.org/');
  await dialog.getByRole('button', { name: 'Cancel' }).click();
  expect(await page.title()).not.toContain('evil');
});

test('follows a log, stays where one reads, and finds text', async ({ page, browser }) => {
  const typist = await (await browser.newContext()).newPage();
  await open(typist, 'console');
  await expect(screen(typist)).toContainText('two-2');
  await open(page, 'logs');
  await expect(log(page)).toContainText('two-2');
  await type(typist, 'seq 1 300');
  await expect(log(page)).toContainText('300');
  await expect(page.getByText('Following')).toBeVisible();

  await log(page).hover();
  await page.mouse.wheel(0, -1500);
  await expect(page.getByRole('button', { name: 'To the end' })).toBeVisible();
  const before = await log(page).evaluate((element) => element.scrollTop);
  await type(typist, 'echo one more');
  const unread = page.getByRole('button', { name: /new lines?$/ });
  await expect(unread).toBeVisible();
  expect(await log(page).evaluate((element) => element.scrollTop)).toBe(before);
  await unread.click();
  await expect(log(page)).toContainText('one more');
  await expect(page.getByText('Following')).toBeVisible();

  await page.keyboard.press('Control+f');
  await page.getByRole('textbox', { name: 'Find in the log' }).fill('DEMO GUEST');
  await expect(page.getByText('1 line in what is loaded')).toBeVisible();
  await page.keyboard.press('Enter');
  await expect(page.locator('mark', { hasText: 'demo guest' })).toBeInViewport();
  await expectAccessible(page);
  await typist.context().close();
});

test('scrolls through a log of 100 MB with little in the page, and searches all of it', async ({ page }) => {
  test.slow();
  const stopped = await request.post('/prpc/StopVm', { data: { id: vm.id }, timeout: 60_000 });
  expect(stopped.ok()).toBe(true);
  const piece = Array.from({ length: 10_000 }, (_, row) => `${row} `.padEnd(104, '.')).join('\n') + '\n';
  const file = join(server.data, 'vm', vm.id, 'serial.log');
  await appendFile(file, 'the needle in the haystack\n');
  for (let written = 0; written < 100 * MB; written += piece.length) await appendFile(file, piece);

  await open(page, 'logs');
  await expect(page.getByText(/^Bytes .* of 1\d{8}/)).toBeVisible({ timeout: 30_000 });
  await log(page).hover();
  const frames = page.evaluate(async () => {
    const times: number[] = [];
    for (let frame = 0; frame < 150; frame += 1)
      times.push(await new Promise((next) => requestAnimationFrame(next)));
    return times.slice(1).map((time, index) => time - (times[index] ?? 0));
  });
  for (let turn = 0; turn < 60; turn += 1) await page.mouse.wheel(0, -900);
  const sorted = (await frames).sort((a, b) => a - b);
  console.log(
    `frames while scrolling: median ${sorted[75]?.toFixed(0)} ms, p95 ${sorted[142]?.toFixed(0)} ms`,
  );
  expect(await page.locator('[data-position]').count()).toBeLessThan(150);

  // The server goes through it piece by piece; what it finds is shown.
  await page.getByRole('button', { name: 'Search', exact: true }).click();
  await page.getByRole('textbox', { name: 'Find in the log' }).fill('needle in the');
  await page.getByRole('button', { name: 'Search older' }).click();
  await expect(page.locator('mark', { hasText: 'needle in the' })).toBeInViewport({ timeout: 90_000 });
  const heap = await page.evaluate(
    () => (performance as unknown as { memory: { usedJSHeapSize: number } }).memory.usedJSHeapSize,
  );
  console.log(`heap ${Math.round(heap / MB)} MB`);
  expect(heap).toBeLessThan(200 * MB);

  await page.getByRole('button', { name: 'To the end' }).click();
  await expect(log(page)).toContainText('9999 ....');
  await expect(page.getByText('Its end').or(page.getByText('Following'))).toBeVisible();
});
