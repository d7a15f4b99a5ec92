/** What is kept for whoever comes back, as after a look at another tab. */
export interface Keepable {
  start: () => void;
  stop: () => void;
}

interface Entry<T> {
  item: T;
  users: number;
  timer: ReturnType<typeof setTimeout> | undefined;
}

/**
 * Sessions by what they are of, made when first asked for. One that nobody uses goes on for a while, so that coming
 * back finds it as it was; then, or when more than a few wait so, it is stopped and forgotten.
 */
export class Kept<T extends Keepable> {
  private readonly entries = new Map<string, Entry<T>>();

  constructor(
    private readonly make: (key: string) => T,
    private readonly keepMs: number,
    private readonly most: number,
  ) {}

  /** The one of that key; a new one is started, and waits for somebody to hold it. */
  of(key: string): T {
    return this.entry(key).item;
  }

  /** It is used until the returned function is called. */
  hold(key: string): () => void {
    const entry = this.entry(key);
    clearTimeout(entry.timer);
    entry.users += 1;
    return () => {
      entry.users -= 1;
      if (entry.users === 0) this.wait(key, entry);
    };
  }

  private entry(key: string): Entry<T> {
    const found = this.entries.get(key);
    if (found) return found;
    const entry: Entry<T> = { item: this.make(key), users: 0, timer: undefined };
    entry.item.start();
    this.wait(key, entry);
    return entry;
  }

  private wait(key: string, entry: Entry<T>): void {
    // The longest unused stands first, and goes first.
    this.entries.delete(key);
    this.entries.set(key, entry);
    entry.timer = setTimeout(() => this.forget(key), this.keepMs);
    const waiting = [...this.entries].filter(([, { users }]) => users === 0);
    for (const [oldest] of waiting.slice(0, Math.max(0, waiting.length - this.most))) this.forget(oldest);
  }

  private forget(key: string): void {
    const entry = this.entries.get(key);
    clearTimeout(entry?.timer);
    this.entries.delete(key);
    entry?.item.stop();
  }
}
