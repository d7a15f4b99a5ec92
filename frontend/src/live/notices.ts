type Listener = () => void;

/** Changes that come within this time are told, and drawn, together. */
const TOGETHER_MS = 25;

/** Whoever wants to hear of a change, told of many at once. */
export class Notices {
  private readonly listeners = new Set<Listener>();
  private timer: ReturnType<typeof setTimeout> | undefined;

  readonly subscribe = (listener: Listener): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  /** Has it told soon; `prepare` runs once, right before. */
  soon(prepare: () => void): void {
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      prepare();
      for (const listener of this.listeners) listener();
    }, TOGETHER_MS);
  }

  stop(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
  }
}
