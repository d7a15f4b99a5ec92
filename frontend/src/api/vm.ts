import type { Message } from './methods';

/** What the status stream says about VMs and their host. Times are milliseconds since 1970. */

export type VmStatus = Message<'VmInfo'>['status'];

export type PortMapping = Message<'PortMapping'>;

export interface VmRow {
  id: string;
  /** The account it belongs to, if to any. */
  owner_id: number | null;
  /** Grows with every change of this VM; of two rows the higher one is the truth. */
  revision: number;
  name: string;
  status: VmStatus;
  /** What runs, as the host last saw it; unknown: a process lives and can't be asked. */
  actual: 'off' | 'starting' | 'on' | 'unknown';
  image: string;
  image_version: string;
  app_id: string;
  instance_id: string | null;
  app_url: string | null;
  vcpu: number;
  /** MB */
  memory: number;
  /** GB */
  disk_size: number;
  node: string;
  no_tee: boolean;
  created_at: number;
  started_at: number | null;
  exited_at: number | null;
  /** The guest's own words: `booting`, steps of its boot, `done`, `N/A`, or empty. */
  boot_progress: string;
  boot_error: string;
  shutdown_progress: string;
  /** When the guest was asked to power off; one that still runs `NodeInfo.shutdown_timeout` later may be stopped by force. */
  shutdown_asked_at: number | null;
  exit_reason: string;
  exit_code: number | null;
  next_retry_at: number | null;
  /** Automatic restarts in a row; 0 again once a run has lasted. */
  restarts: number;
  /** It crashed too often in a row: nobody starts it again but a person. */
  restart_exhausted: boolean;
  /** It runs with an older configuration than it has now. */
  changed_since_start: boolean;
  ports: PortMapping[];
}

/** What a look at the host found that is not ok, and the way to mend it; vms/preflight/finding.py has the words. */
export interface Finding {
  id: string;
  group: string;
  title: string;
  level: 'ok' | 'note' | 'warning' | 'problem';
  found: string;
  /** Empty where there is nothing to do. */
  remedy: string;
  /** What it is about: `TDX VMs`, `image pulls`… */
  affects: string[];
  /** What it is about can't work. */
  prevents: boolean;
  skipped: boolean;
}

export interface PortRules {
  /** Where a mapping listens that names no address. */
  address: string;
  /** Protocol, first and last port; none where VMs may have no host port at all. */
  ranges: readonly (readonly ['tcp' | 'udp', number, number])[];
}

export interface NodeInfo {
  name: string;
  version: string;
  rev: string;
  platform: 'none' | 'tdx' | 'amd-sev-snp';
  accelerator: 'kvm' | 'tcg';
  /** A sentence every visitor must see, or empty. */
  notice: string;
  /** Other hosts can connect, and nobody has to log in. */
  insecure: boolean;
  max_vcpu: number | null;
  max_memory_mb: number | null;
  /** Seconds after which a forced stop is offered to who asked a guest to shut down. */
  shutdown_timeout: number;
  /** What images are pulled from, or empty where the settings name nothing. */
  registry: string;
  /** Which host ports VMs may be given. */
  port_rules: PortRules;
  /** What is not ok; empty for who may not see the node. */
  findings: Finding[];
  /** Milliseconds since 1970; 0 as long as nobody has looked. */
  findings_at_ms: number;
}
