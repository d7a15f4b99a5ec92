import { describe, expect, it } from 'vitest';
import type { Account, Permission } from '@/api/account';
import { isCurrent, pagesFor, type ShellPage } from './pages';

const account = (permissions: Permission[], has_account = true): Account => ({
  name: 'alice',
  role: 'member',
  credential: 'session',
  has_account,
  permissions,
  authentication: true,
  user_id: has_account ? 1 : null,
  everywhere: permissions,
});

const labels = (given: Account | undefined): string[] =>
  pagesFor(given).flatMap(({ pages }) => pages.map(({ label }) => label));

describe('the pages that somebody may see', () => {
  it('are none before it is known who they are', () => {
    expect(pagesFor(undefined)).toEqual([]);
  });

  it('leave out the host and other people for a member, but not what is their own', () => {
    expect(labels(account(['LOOK', 'SEE_VM', 'STEER_VM', 'CREATE_VM', 'CHANGE_VM']))).toEqual([
      'Virtual machines',
      'Images',
      'GPUs',
      'Tokens',
    ]);
  });

  it('leave out tokens where nobody has an account, and groups that hold nothing', () => {
    expect(labels(account(['LOOK', 'SEE_NODE'], false))).toEqual([
      'Virtual machines',
      'Images',
      'Host',
      'GPUs',
      'Processes',
    ]);
    expect(pagesFor(account(['LOOK'], false)).map(({ label }) => label)).toEqual(['Workloads', 'Host']);
  });

  it('have the nodes among them only where there are several', () => {
    const viewer = account(['LOOK', 'SEE_NODE']);
    expect(pagesFor(viewer).flatMap(({ pages }) => pages.map(({ path }) => path))).not.toContain('/nodes');
    expect(pagesFor(viewer, true).flatMap(({ pages }) => pages.map(({ path }) => path))).toContain('/nodes');
    const member = pagesFor(account(['LOOK']), true);
    expect(member.flatMap(({ pages }) => pages.map(({ path }) => path))).not.toContain('/nodes');
  });

  it('are all there for who manages access', () => {
    expect(labels(account(['LOOK', 'SEE_NODE', 'MANAGE_ACCESS'], false))).toContain('Audit log');
  });
});

describe('the current page', () => {
  const pages = pagesFor(account(['LOOK', 'SEE_NODE', 'MANAGE_ACCESS'])).flatMap((group) => group.pages);
  const currentAt = (path: string) =>
    pages.filter((page: ShellPage) => isCurrent(page, path)).map(({ label }) => label);

  it.each([
    ['/', ['Virtual machines']],
    ['/deploy', ['Virtual machines']],
    ['/vms/8d1c/logs', ['Virtual machines']],
    ['/host', ['Host']],
    ['/images', ['Images']],
    ['/imagesque', []],
    ['/account', []],
  ])('at %s is %j', (path, expected) => {
    expect(currentAt(path)).toEqual(expected);
  });
});
