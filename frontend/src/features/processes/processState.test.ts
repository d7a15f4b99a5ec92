import { describe, expect, it } from 'vitest';
import type { Process } from '@/api/host';
import { matchingProcesses, partOf, processState } from './processState';

const process = (given: Partial<Process>): Process => ({
  id: 'vm-1',
  name: 'shop',
  status: 'running',
  pid: 4711,
  command: 'qemu-system-x86_64 -m 512',
  note: '',
  ...given,
});

describe('the state of a process', () => {
  it.each([
    ['running', '', 'Running', 'green', ''],
    ['running', 'lives, but does not answer', 'Running', 'amber', 'lives, but does not answer'],
    ['stopped', '', 'Stopped', 'grey', ''],
    ['exited(0)', 'guest-shutdown', 'Ended', 'amber', 'guest-shutdown · exit code 0'],
    ['exited(137)', 'killed', 'Ended', 'red', 'killed · exit code 137'],
    ['error(no KVM (denied))', '', 'Failed', 'red', 'no KVM (denied)'],
    ['something newer', '', 'something newer', 'grey', ''],
  ])('%s (%s) is %s in %s', (status, note, word, tone, detail) => {
    expect(processState({ status, note })).toEqual({ word, tone, detail });
  });
});

it('knows whose a helper is', () => {
  expect(partOf({ id: 'vm-1-swtpm', name: 'shop-swtpm' })).toEqual({ vm: 'vm-1', name: 'shop', part: 'TPM' });
  expect(partOf({ id: 'vm-1', name: 'shop' })).toEqual({ vm: 'vm-1', name: 'shop', part: 'QEMU' });
});

it('finds processes by any of their words, those that run first', () => {
  const ended = process({ id: 'vm-0', name: 'old', status: 'exited(1)', pid: null, command: '' });
  const all = [ended, process({})];
  expect(matchingProcesses(all, '').map(({ id }) => id)).toEqual(['vm-1', 'vm-0']);
  expect(matchingProcesses(all, '4711 QEMU').map(({ id }) => id)).toEqual(['vm-1']);
  expect(matchingProcesses(all, 'exited').map(({ id }) => id)).toEqual(['vm-0']);
});
