import { expect, it } from 'vitest';
import { imageRow } from '@/test/imageRow';
import { nodeRow } from '@/test/nodeRow';
import { emptyForm } from '../emptyForm';
import { imagesOf } from '../imagesOf';
import { nodeObstacle } from './nodeObstacle';

const form = { ...emptyForm, protection: 'plain', image: 'demo', vcpu: 4, memory: 4_096 } as const;
const images = [imageRow({ node: 'host-1', name: 'demo' })];
const obstacle = (given: Parameters<typeof nodeRow>[0], wanted: object = {}): string =>
  nodeObstacle(nodeRow(given), { ...form, ...wanted }, images);

it('says why a node can’t take a VM, what is for good before what is not', () => {
  expect(obstacle({})).toBe('');
  expect(obstacle({ state: 'lost', cordoned: true })).toBe('not heard of');
  expect(obstacle({ state: 'ended' })).toBe('its server has ended');
  expect(obstacle({ cordoned: true })).toBe('cordoned: takes no new VMs');
  expect(obstacle({}, { protection: 'confidential' })).toBe('has no TEE');
  expect(obstacle({ platform: 'tdx' }, { protection: 'confidential' })).toBe('');
  expect(obstacle({ name: 'host-2' })).toBe('does not have demo');
  expect(obstacle({}, { image: '' })).toBe('');
});

it('counts room only where there is a limit, and for what is started', () => {
  expect(obstacle({ max_vcpu: 16, vcpus_used: 14 })).toBe('2 vCPUs left');
  expect(obstacle({ max_memory_mb: 8_192, memory_mb_used: 6_144 })).toBe('2 GB of memory left');
  expect(obstacle({ max_vcpu: 16, vcpus_used: 14 }, { stopped: true })).toBe('');
  expect(obstacle({ max_vcpu: 16, vcpus_used: 12 })).toBe('');
});

it('offers an image once, by a node that can use it where there is one', () => {
  const fleet = [
    imageRow({ node: 'a', name: 'demo', problem: 'broken' }),
    imageRow({ node: 'b', name: 'demo' }),
    imageRow({ node: 'b', name: 'other' }),
  ];
  expect(imagesOf(fleet, '').map(({ node, name }) => `${node} ${name}`)).toEqual(['b demo', 'b other']);
  expect(imagesOf(fleet, 'a').map(({ name }) => name)).toEqual(['demo']);
});
