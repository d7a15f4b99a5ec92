import type { Message } from './methods';

/** What the status stream says about guest images. */

export type Support = 'tdx' | 'tdx-lite' | 'amd-sev-snp';

export interface ImageRow {
  /** The host that has it. */
  node: string;
  name: string;
  version: string;
  description: string;
  is_dev: boolean;
  /** Bytes. */
  size: number;
  /** SHA-256 of its checksums, hex, or empty. */
  digest: string;
  supports: Support[];
  /** Why it can't be used, or empty. */
  problem: string;
  deleting: boolean;
  /** Why the last try to delete it failed, or empty. */
  delete_error: string;
  /** VMs of it that the reader may see; the oldest three have names. */
  used_by: { count: number; names: string[] };
}

export type PullState = 'queued' | 'downloading' | 'unpacking' | 'cancelling' | 'failed' | 'done';

/** The last pull of an image. Times are milliseconds since 1970. */
export interface PullRow {
  tag: string;
  /** The image's name here. */
  name: string;
  node: string;
  state: PullState;
  bytes_done: number;
  /** 0 until the registry has said it. */
  bytes_total: number;
  error: string;
  started_at: number;
  updated_at: number;
}

/** A tag that the registry offers, and what the server knew of it when asked. */
export type RegistryTag = Message<'RegistryImageInfo'>;
