import { expect, expectAccessible, expectRefusal, openList, rowOf, test } from './console';
import { createVm, removeVm, type Created } from './host';

test.describe('actions on many VMs', () => {
  let created: Created[] = [];

  test.afterEach(async ({ page, request }) => {
    // Else the page of a VM may still be asking for it when it is gone.
    await page.goto('about:blank');
    for (const { id } of created) await removeVm(request, id);
    created = [];
  });

  test('stops two of three, of which one is gone by then, and says how each went', async ({
    page,
    request,
    faults,
  }) => {
    for (const label of ['bulk-a', 'bulk-b']) created.push(await createVm(request, label));
    created.push(await createVm(request, 'bulk-c', { stopped: true }));
    const [stays, goes, off] = created as [Created, Created, Created];
    await openList(page);
    for (const { name } of created) await page.getByRole('checkbox', { name: `Select ${name}` }).click();
    const bar = page.getByRole('region', { name: 'Actions for the selected virtual machines' });
    await expect(bar).toContainText('3 selected');
    await expectAccessible(page);

    await bar.getByRole('button', { name: 'Stop 2…' }).click();
    const dialog = page.getByRole('dialog');
    await expect(dialog).toContainText('Stop 2 virtual machines?');
    await expect(dialog).not.toContainText(off.name);
    await expectAccessible(page);
    await removeVm(request, goes.id);
    await dialog.getByRole('button', { name: 'Stop 2' }).click();

    const results = page.getByRole('region', { name: 'Results' });
    await expect(results).toContainText('Stopping 2: 1 failed, 1 done', { timeout: 60_000 });
    await expect(results.getByRole('listitem').filter({ hasText: goes.name })).toContainText(
      'no VM has the id',
    );
    await expect(rowOf(page, stays.name).getByText('Stopped', { exact: true })).toBeVisible();
    expectRefusal(faults, 404);
    await expectAccessible(page);
    await results.getByRole('button', { name: 'Dismiss results' }).click();
    await expect(results).toHaveCount(0);
  });

  test('leads to a VM, hides a column and remembers it', async ({ page, request }) => {
    const vm = await createVm(request, 'columns', { stopped: true });
    created.push(vm);
    await openList(page);
    await page.getByRole('button', { name: 'Choose columns' }).click();
    await page.getByRole('menuitemcheckbox', { name: 'Image' }).click();
    await expect(page.getByRole('columnheader', { name: 'Image' })).toHaveCount(0);
    await page.reload();
    await expect(page.getByRole('columnheader', { name: 'Uptime' })).toBeVisible();
    await expect(page.getByRole('columnheader', { name: 'Image' })).toHaveCount(0);
    await rowOf(page, vm.name).getByRole('link', { name: vm.name }).click();
    await expect(page).toHaveURL(new RegExp(`/vms/${vm.id}(/overview)?$`));
  });
});
