import { spawn, type ChildProcess } from 'node:child_process';
import { join, resolve } from 'node:path';
import type { Page } from '@playwright/test';
import { expect, test } from './console';

const VMS = 10_000;
const MOST_ROW_NODES = 60;
const FRAMES = 120;

/** A server of its own, whose database was filled with 10,000 VMs before it started. */
let fleet: ChildProcess;
let url = '';

test.beforeAll(async () => {
  const root = resolve('..');
  fleet = spawn(join(root, '.venv/bin/python'), ['-m', 'tests.bench.fleet', String(VMS)], {
    cwd: root,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  url = await new Promise<string>((found, failed) => {
    fleet.stdout?.once('data', (piece: Buffer) => found(piece.toString().trim()));
    fleet.once('exit', () => failed(new Error('the server with 10,000 VMs ended at once')));
  });
});

test.afterAll(async () => {
  if (fleet.exitCode !== null) return;
  const ended = new Promise((over) => fleet.once('exit', over));
  fleet.stdin?.end();
  await ended;
});

test('10,000 VMs are scrolled and filtered with few rows drawn', async ({ page }, { annotations }) => {
  await page.goto(url);
  await expect(page.getByText('Live', { exact: true })).toBeVisible({ timeout: 60_000 });
  const rows = page.getByRole('row');
  await expect(rows.nth(1)).toBeVisible();
  expect(await rows.count()).toBeLessThanOrEqual(MOST_ROW_NODES);

  const { slowest, most } = await scroll(page);
  annotations.push({ type: 'frame while scrolling, p95', description: `${slowest.toFixed(0)} ms` });
  expect(most).toBeLessThanOrEqual(MOST_ROW_NODES);

  const began = Date.now();
  await page.getByRole('searchbox').fill('vm-09999');
  await expect(page.getByRole('link', { name: 'vm-09999' })).toBeVisible();
  await expect(rows).toHaveCount(2);
  annotations.push({ type: 'filter, typing included', description: `${Date.now() - began} ms` });
});

/** Scrolls on at every frame; the p95 of the frames' times in ms, and the most rows that there were at once. */
function scroll(page: Page): Promise<{ slowest: number; most: number }> {
  return page.evaluate(async (frames) => {
    const table = document.querySelector('[role="region"][aria-label="Virtual machines"]');
    if (!table) throw new Error('no list');
    const times: number[] = [];
    let most = 0;
    let last = await new Promise<number>(requestAnimationFrame);
    for (let frame = 0; frame < frames; frame += 1) {
      table.scrollBy(0, 400);
      const now = await new Promise<number>(requestAnimationFrame);
      times.push(now - last);
      last = now;
      most = Math.max(most, document.querySelectorAll('[role="row"]').length);
    }
    times.sort((a, b) => a - b);
    return { slowest: times[Math.floor(times.length * 0.95)] ?? 0, most };
  }, FRAMES);
}
