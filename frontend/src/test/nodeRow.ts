import type { NodeRow } from '@/api/node';

/** A node that is up and empty; say only what a test is about. */
export function nodeRow(given: Partial<NodeRow> = {}): NodeRow {
  return {
    id: 1,
    name: 'host-1',
    state: 'up',
    state_since_ms: null,
    cordoned: false,
    draining: '',
    is_this: false,
    platform: 'none',
    version: '0.1.0',
    rev: 'abc1234',
    accelerator: 'kvm',
    address: 'http://10.0.0.1:9080',
    vcpus: 16,
    memory_mb: 65_536,
    disk_total_mb: 500_000,
    disk_free_mb: 400_000,
    vcpus_used: 0,
    memory_mb_used: 0,
    max_vcpu: null,
    max_memory_mb: null,
    vms_running: 0,
    vms: 0,
    images: 2,
    gpus: 0,
    gpus_free: 0,
    load: null,
    findings: 0,
    missing: '',
    ...given,
  };
}
