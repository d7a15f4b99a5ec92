import type { NodeInfo, VmRow } from '@/api/vm';

/** A running VM that has booted; say only what a test is about. */
export function vmRow(given: Partial<VmRow> = {}): VmRow {
  const id = given.id ?? 'aaaaaaaa-0000-4000-8000-000000000001';
  return {
    id,
    owner_id: null,
    revision: 1,
    name: `vm-${id}`,
    status: 'running',
    actual: 'on',
    image: 'dstack-demo-0.5.0',
    image_version: '0.5.0',
    app_id: '00112233445566778899aabbccddeeff00112233',
    instance_id: null,
    app_url: null,
    vcpu: 1,
    memory: 512,
    disk_size: 1,
    node: 'host-1',
    no_tee: false,
    created_at: 0,
    started_at: 0,
    exited_at: null,
    boot_progress: 'done',
    boot_error: '',
    shutdown_progress: '',
    shutdown_asked_at: null,
    exit_reason: '',
    exit_code: null,
    next_retry_at: null,
    restarts: 0,
    restart_exhausted: false,
    changed_since_start: false,
    ports: [],
    ...given,
  };
}

export const nodeInfo: NodeInfo = {
  name: 'host-1',
  version: '0.1.0',
  rev: 'abc1234',
  platform: 'none',
  accelerator: 'kvm',
  notice: '',
  insecure: false,
  max_vcpu: null,
  max_memory_mb: null,
  shutdown_timeout: 60,
  findings: [],
  findings_at_ms: 0,
  registry: 'registry.example/guest-image',
  port_rules: { address: '127.0.0.1', ranges: [['tcp', 1, 20_000]] },
};
