import { describe, expect, it } from 'vitest';
import type { VmRow } from '@/api/vm';
import { vmRow } from '@/test/vmRow';
import { displayStatus, statusDetail } from './displayStatus';

const cases: [string, string, Partial<VmRow>][] = [
  ['Running', 'green', { status: 'running', boot_progress: 'done' }],
  ['Running', 'green', { status: 'running', boot_progress: 'N/A' }],
  ['Booting', 'blue', { status: 'running', boot_progress: 'booting' }],
  ['Booting', 'blue', { status: 'running', boot_progress: '' }],
  ['Boot failed', 'red', { status: 'running', boot_progress: 'pulling', boot_error: 'no such image' }],
  ['Stopping', 'blue', { status: 'stopping' }],
  ['Exited', 'amber', { status: 'exited', exit_code: 0 }],
  ['Exited', 'amber', { status: 'exited', exit_code: null }],
  ['Failed', 'red', { status: 'exited', exit_code: 1 }],
  ['Failed', 'red', { status: 'exited', boot_error: 'bad kernel' }],
  ['Stopped', 'grey', { status: 'stopped', boot_progress: '' }],
  ['Removing', 'grey', { status: 'removing' }],
  ['Unknown', 'grey', { status: 'running', actual: 'unknown' }],
  ['Removing', 'grey', { status: 'removing', actual: 'unknown' }],
];

describe('displayStatus', () => {
  it.each(cases)('says %s in %s', (word, tone, given) => {
    expect(displayStatus(vmRow(given))).toMatchObject({ word, tone });
  });
});

describe('statusDetail', () => {
  it('shows the boot step, but not what the word already says', () => {
    expect(statusDetail(vmRow({ boot_progress: 'pulling' }))).toEqual({ kind: 'progress', text: 'pulling' });
    expect(statusDetail(vmRow({ boot_progress: 'booting' }))).toBeNull();
    expect(statusDetail(vmRow({ boot_progress: 'done' }))).toBeNull();
  });

  it('shows why a VM exited, and an error of its boot before that', () => {
    const exited = { status: 'exited', exit_reason: 'killed', exit_code: 137 } as const;
    expect(statusDetail(vmRow(exited))).toEqual({ kind: 'problem', text: 'killed · exit code 137' });
    expect(statusDetail(vmRow({ ...exited, boot_error: 'no KVM' }))).toEqual({
      kind: 'problem',
      text: 'no KVM',
    });
    expect(statusDetail(vmRow({ status: 'exited' }))?.text).toBe('QEMU is gone');
  });
});
