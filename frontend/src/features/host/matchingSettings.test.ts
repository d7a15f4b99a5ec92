import { expect, it } from 'vitest';
import type { HostSetting } from '@/api/host';
import { matchingSettings } from './matchingSettings';

const setting = (key: string, value: string, help: string, is_default = true): HostSetting => ({
  key,
  value,
  help,
  is_default,
});
const settings = [
  setting('cvm.max_allocable_vcpu', '60', 'vCPUs that running VMs may have together', false),
  setting('cvm.log.max_size', '10485760', 'Bytes of a log'),
  setting('kms_url', 'https://kms.example', 'The KMS that is asked', false),
];
const found = (text: string, onlySet = false) =>
  matchingSettings(settings, text, onlySet).map(({ key }) => key);

it('finds a setting by every word, wherever each is', () => {
  expect(found('CVM together')).toEqual(['cvm.max_allocable_vcpu']);
  expect(found('example')).toEqual(['kms_url']);
  expect(found('cvm kms')).toEqual([]);
  expect(found('  ')).toHaveLength(3);
});

it('leaves out what is as it comes when asked for what is set', () => {
  expect(found('', true)).toEqual(['cvm.max_allocable_vcpu', 'kms_url']);
  expect(found('log', true)).toEqual([]);
});
