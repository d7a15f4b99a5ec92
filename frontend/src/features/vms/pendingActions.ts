import type { VmAction } from '@/api/vmActions';

/** An action asked of a VM, and the revision its row had at the time. */
export interface Pending {
  action: VmAction;
  revision: number;
}

type Listener = () => void;

/**
 * What has been asked for and not been seen yet. An entry counts until the VM's row moves on from the revision
 * it had (readers compare), or until it is withdrawn because the call failed or changed nothing.
 */
export class PendingActions {
  private entries: ReadonlyMap<string, Pending> = new Map();
  private readonly listeners = new Set<Listener>();

  readonly subscribe = (listener: Listener): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  readonly snapshot = (): ReadonlyMap<string, Pending> => this.entries;

  add(id: string, pending: Pending): void {
    this.replace(new Map(this.entries).set(id, pending));
  }

  /** Removes this very entry; a later one of the same VM stays. */
  withdraw(id: string, pending: Pending): void {
    if (this.entries.get(id) !== pending) return;
    const next = new Map(this.entries);
    next.delete(id);
    this.replace(next);
  }

  private replace(entries: ReadonlyMap<string, Pending>): void {
    this.entries = entries;
    for (const listener of this.listeners) listener();
  }
}

export const pendingActions = new PendingActions();
