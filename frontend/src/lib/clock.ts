type Listener = () => void;

/** One ticking second for everything on the page that counts time; it runs only while somebody looks. */
export class Clock {
  private readonly listeners = new Set<Listener>();
  private timer: ReturnType<typeof setInterval> | undefined;
  private current = Date.now();

  readonly subscribe = (listener: Listener): (() => void) => {
    this.listeners.add(listener);
    if (this.timer === undefined) {
      this.current = Date.now();
      this.timer = setInterval(this.tick, 1000);
    }
    return () => {
      this.listeners.delete(listener);
      if (this.listeners.size === 0) {
        clearInterval(this.timer);
        this.timer = undefined;
      }
    };
  };

  /** Milliseconds since 1970 at the last tick. */
  readonly now = (): number => {
    // Asked before anybody subscribed: the last tick may be long ago.
    if (this.timer === undefined && Date.now() - this.current >= 1000) this.current = Date.now();
    return this.current;
  };

  private readonly tick = (): void => {
    this.current = Date.now();
    for (const listener of this.listeners) listener();
  };
}

export const clock = new Clock();
