import { expect, it } from 'vitest';
import { auditEntry } from '@/test/access';
import { actionText } from './actionText';
import { outcomeText } from './outcomeText';

it('says methods as people do, and leaves the rest', () => {
  expect(actionText('prpc.StopVm')).toBe('Stop VM');
  expect(actionText('prpc.PullRegistryImage')).toBe('Pull registry image');
  expect(actionText('guest.Shutdown')).toBe('Guest: shutdown');
  expect(actionText('login')).toBe('Log in');
  expect(actionText('console.type')).toBe('Type in console');
  expect(actionText('access.audit.csv')).toBe('Take the audit log along as CSV');
  expect(actionText('admin.SaveUser')).toBe('Admin pages: save user');
  expect(actionText('admin.vms.vm')).toBe('Admin pages: VMs VM');
  expect(actionText('command.backup')).toBe('Command: back up');
  expect(actionText('ws/status')).toBe('Watch the list of VMs');
  expect(actionText('ws.unheard-of')).toBe('ws.unheard-of');
});

it('tells refusals from failures', () => {
  expect(outcomeText(auditEntry({ result: 200 }))).toEqual({ tone: 'green', word: 'Done' });
  expect(outcomeText(auditEntry({ result: 202 })).word).toBe('Accepted');
  expect(outcomeText(auditEntry({ result: 403 }))).toEqual({ tone: 'red', word: 'Refused: not allowed' });
  expect(outcomeText(auditEntry({ result: 418 })).word).toBe('Refused');
  expect(outcomeText(auditEntry({ result: 503 })).word).toBe('Failed');
});
