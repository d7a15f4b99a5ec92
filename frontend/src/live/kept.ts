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

  /** It is used from now on, until given back as often as it was taken. */
  take(key: string): T {
    let entry = this.entries.get(key);
    if (!entry) {
      entry = { item: this.make(key), users: 0, timer: undefined };
      this.entries.set(key, entry);
      entry.item.start();
    }
    clearTimeout(entry.timer);
    entry.users += 1;
    return entry.item;
  }

  giveBack(key: string): void {
    const entry = this.entries.get(key);
    if (!entry) return;
    entry.users -= 1;
    if (entry.users > 0) return;
    // The longest unused goes first.
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
