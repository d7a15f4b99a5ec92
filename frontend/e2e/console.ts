import { AxeBuilder } from '@axe-core/playwright';
import { test as base, expect, type Locator, type Page } from '@playwright/test';

/** What a page must never do: each is a line of text, and a test fails if there is any at its end. */
export type Faults = string[];

/** Notes console errors, uncaught exceptions and violations of the Content-Security-Policy of a page. */
export async function watchFaults(page: Page, faults: Faults): Promise<void> {
  page.on('console', (message) => {
    if (message.type() === 'error') faults.push(`console: ${message.text()}`);
  });
  page.on('pageerror', (error) => faults.push(`exception: ${error.message}`));
  await page.exposeFunction('noteViolation', (text: string) => faults.push(`policy: ${text}`));
  await page.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', (event) => {
      const note = (window as unknown as { noteViolation: (text: string) => void }).noteViolation;
      note(`${event.violatedDirective} ${event.blockedURI} ${event.sample}`);
    });
  });
}

/** A test whose page must do nothing wrong. */
export const test = base.extend<{ faults: Faults }>({
  faults: [
    async ({ page }, use) => {
      const faults: Faults = [];
      await watchFaults(page, faults);
      await use(faults);
      expect(faults).toEqual([]);
    },
    { auto: true },
  ],
});

export { expect };

/** Takes back what browsers note of a request that the test had refused on purpose; anything else still counts. */
export function expectRefusal(faults: Faults, status: number): void {
  const noted = faults.findIndex((fault) => fault.includes(`responded with a status of ${status} `));
  expect(noted, `a ${status} among ${faults.join('; ')}`).toBeGreaterThanOrEqual(0);
  faults.splice(noted, 1);
}

/** The page has taken the server's first snapshot. */
export async function openList(page: Page): Promise<void> {
  await page.goto('/');
  await expect(page.getByText('Live', { exact: true })).toBeVisible();
}

export const rowOf = (page: Page, name: string): Locator =>
  page.getByRole('row').filter({ has: page.getByTitle(name, { exact: true }) });

export async function chooseAction(page: Page, name: string, action: string): Promise<void> {
  await page.getByRole('button', { name: `Actions for ${name}` }).click();
  await page.getByRole('menuitem', { name: action }).click();
}

/** Checks the page as it is now, in both colour schemes. */
export async function expectAccessible(page: Page): Promise<void> {
  // Pages before the login have no script that chooses a scheme.
  const chooses = (await page.locator('html').getAttribute('data-mantine-color-scheme')) !== null;
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    if (chooses) await expect(page.locator('html')).toHaveAttribute('data-mantine-color-scheme', colorScheme);
    const { violations } = await new AxeBuilder({ page }).analyze();
    const found = violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(' ')}`);
    expect(found, colorScheme).toEqual([]);
  }
  await page.emulateMedia({ colorScheme: null });
}

type Role = 'button' | 'link' | 'checkbox' | 'textbox';

/** Presses Tab until something of that role and name has the focus: what can't be reached can't be used. */
export async function tabTo(page: Page, role: Role, name: string | RegExp): Promise<Locator> {
  const wanted = page.getByRole(role, { name }).first();
  await wanted.waitFor();
  for (let presses = 0; presses < 80; presses += 1) {
    if (await wanted.evaluate((element) => element === document.activeElement)) return wanted;
    await page.keyboard.press('Tab');
  }
  throw new Error(`Tab does not lead to the ${role} ${String(name)}`);
}

/** Goes there by Tab, and presses Enter. */
export async function pressOn(page: Page, role: Role, name: string | RegExp): Promise<void> {
  await tabTo(page, role, name);
  await page.keyboard.press('Enter');
}
