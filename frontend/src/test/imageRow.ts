import type { ImageRow, PullRow } from '@/api/image';

/** A usable image that no VM uses; say only what a test is about. */
export function imageRow(given: Partial<ImageRow> = {}): ImageRow {
  return {
    node: 'host-1',
    name: 'dstack-0.5.4',
    version: '0.5.4',
    description: '',
    is_dev: false,
    size: 28 << 20,
    digest: 'ab'.repeat(32),
    supports: ['tdx'],
    problem: '',
    deleting: false,
    delete_error: '',
    used_by: { count: 0, names: [] },
    ...given,
  };
}

/** A pull of which half is there. */
export function pullRow(given: Partial<PullRow> = {}): PullRow {
  return {
    tag: '0.5.4',
    name: 'dstack-0.5.4',
    node: 'host-1',
    state: 'downloading',
    bytes_done: 1 << 20,
    bytes_total: 2 << 20,
    error: '',
    started_at: 0,
    updated_at: 0,
    ...given,
  };
}
