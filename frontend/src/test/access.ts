import type { ApiToken, AuditEntry, UserInfo } from '@/api/access';

/** A token of ada's that never expires; say only what a test is about. */
export function apiToken(given: Partial<ApiToken> = {}): ApiToken {
  return {
    id: 1,
    name: 'deploy',
    user: 'ada',
    role: 'member',
    scopes: [],
    prefix: 'vmm_4fQ2kx',
    created_at_ms: 0,
    expires_at_ms: null,
    revoked_at_ms: null,
    last_used_at_ms: null,
    last_used_from: '',
    ...given,
  };
}

/** A member without VMs and without limits. */
export function userInfo(given: Partial<UserInfo> = {}): UserInfo {
  return {
    id: 4,
    name: 'ada',
    role: 'member',
    active: true,
    max_vms: null,
    max_vcpu: null,
    max_memory: null,
    max_disk_size: null,
    max_gpus: null,
    last_login_ms: null,
    vms: 0,
    vcpu: 0,
    memory: 0,
    disk_size: 0,
    gpus: 0,
    ...given,
  };
}

/** A VM that ada stopped. */
export function auditEntry(given: Partial<AuditEntry> = {}): AuditEntry {
  return {
    id: 9,
    at_ms: 0,
    who: 'ada',
    role: 'member',
    credential: 'session',
    address: '192.0.2.7',
    action: 'prpc.StopVm',
    vm_id: 'aaaaaaaa-0000-4000-8000-000000000001',
    vm_name: 'web',
    result: 200,
    detail: '',
    request_id: 'f00d',
    count: 1,
    ...given,
  };
}
