import { expect, test } from './console';

test.describe("the API's page", () => {
  test('shows every method and tries one, loading nothing from elsewhere', async ({ page, request }) => {
    const hosts = new Set<string>();
    page.on('request', (each) => {
      if (!each.url().startsWith('data:')) hosts.add(new URL(each.url()).host);
    });
    await page.goto('/api-docs/');
    const operations = page.locator('.opblock');
    await expect(operations.first()).toBeVisible();
    const paths = Object.values(
      ((await (await request.get('/api-docs/openapi.json')).json()) as { paths: Record<string, object> })
        .paths,
    );
    const count = paths.reduce((sum, verbs) => sum + Object.keys(verbs).length, 0);
    await expect(operations).toHaveCount(count);

    const status = page.locator('#operations-Host-Version');
    await status.locator('.opblock-summary-control').click();
    await status.getByRole('button', { name: 'Try it out' }).click();
    await status.getByRole('button', { name: 'Execute' }).click();
    await expect(status.locator('.live-responses-table .response-col_status').last()).toContainText('200');
    expect([...hosts]).toEqual([new URL(page.url()).host]);
  });
});
