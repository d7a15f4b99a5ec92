import type { VmRow } from '@/api/vm';
import { runVmAction, type VmAction } from '@/api/vmActions';
import { pendingActions } from './pendingActions';

/** So many VMs are asked at a time: each may keep the server waiting for its guest. */
const AT_A_TIME = 4;

export interface BulkResult {
  row: VmRow;
  state: 'waiting' | 'asked' | 'done' | 'failed';
  /** The server's words, where it failed. */
  message: string;
}

export interface Bulk {
  action: VmAction;
  /** In the order of the list. */
  results: readonly BulkResult[];
  finished: boolean;
}

type Run = (action: VmAction, id: string) => Promise<void>;

/**
 * One action on many VMs, a few at a time, with a result for each that stays until it is dismissed. Outside of React,
 * so that it goes on while its list isn't looked at.
 */
export class BulkRun {
  private current: Bulk | null = null;
  private readonly listeners = new Set<() => void>();

  constructor(private readonly ask: Run = runVmAction) {}

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  readonly snapshot = (): Bulk | null => this.current;

  /** Resolves when each has been asked. Nothing is begun while another one goes on. */
  async start(action: VmAction, rows: readonly VmRow[]): Promise<void> {
    if (this.current && !this.current.finished) return;
    const results = rows.map((row): BulkResult => ({ row, state: 'waiting', message: '' }));
    this.tell({ action, results, finished: false });
    await this.run(action);
  }

  /** Asks those again that failed. `rows` are the VMs as they are now; one that is gone is left out. */
  async retry(rows: ReadonlyMap<string, VmRow>): Promise<void> {
    if (!this.current?.finished) return;
    const { action, results } = this.current;
    const again = results.flatMap(({ row, state }) => (state === 'failed' ? (rows.get(row.id) ?? []) : []));
    await this.start(action, again);
  }

  dismiss(): void {
    if (this.current?.finished) this.tell(null);
  }

  private async run(action: VmAction): Promise<void> {
    await Promise.all(Array.from({ length: AT_A_TIME }, () => this.work(action)));
    if (this.current) this.tell({ ...this.current, finished: true });
  }

  /** Takes one after the other until none waits. */
  private async work(action: VmAction): Promise<void> {
    for (;;) {
      const next = this.current?.results.find(({ state }) => state === 'waiting');
      if (!next) return;
      this.note(next.row.id, 'asked');
      const pending = { action, revision: next.row.revision };
      pendingActions.add(next.row.id, pending);
      try {
        await this.ask(action, next.row.id);
        this.note(next.row.id, 'done');
      } catch (error) {
        this.note(next.row.id, 'failed', error instanceof Error ? error.message : String(error));
      }
      pendingActions.withdraw(next.row.id, pending);
    }
  }

  private note(id: string, state: BulkResult['state'], message = ''): void {
    if (!this.current) return;
    const results = this.current.results.map((each) =>
      each.row.id === id ? { ...each, state, message } : each,
    );
    this.tell({ ...this.current, results });
  }

  private tell(next: Bulk | null): void {
    this.current = next;
    for (const listener of this.listeners) listener();
  }
}

export const bulkRun = new BulkRun();
