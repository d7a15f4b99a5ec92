/** Handed over and not drawn yet; beyond that a page would fall ever further behind. */
const MOST_WAITING = 4 << 20;
/** Of what a page can't keep up with, so much of the newest is still shown. */
const MOST_HELD = 256 << 10;

export interface Sink {
  /** `done` is called once it is drawn. */
  print: (bytes: Uint8Array, done: () => void) => void;
  /** So many bytes are left out here. */
  skip: (bytes: number) => void;
}

/** Hands bytes to what draws them, no faster than it can, with bounded memory: of a flood the middle is left out. */
export class Backlog {
  private waiting = 0;
  private held: Uint8Array[] = [];
  private heldBytes = 0;
  private skipped = 0;

  constructor(private readonly sink: Sink) {}

  /** Bytes that were pushed and are neither drawn nor left out yet. */
  get pending(): number {
    return this.waiting + this.heldBytes + this.skipped;
  }

  push(bytes: Uint8Array): void {
    if (this.heldBytes === 0 && this.waiting < MOST_WAITING) this.print(bytes);
    else this.hold(bytes);
  }

  private print(bytes: Uint8Array): void {
    this.waiting += bytes.length;
    this.sink.print(bytes, () => {
      this.waiting -= bytes.length;
      if (this.heldBytes && this.waiting < MOST_WAITING / 4) this.release();
    });
  }

  private hold(bytes: Uint8Array): void {
    this.held.push(bytes);
    this.heldBytes += bytes.length;
    while (this.heldBytes > MOST_HELD && this.held.length > 1) {
      const dropped = this.held.shift()?.length ?? 0;
      this.heldBytes -= dropped;
      this.skipped += dropped;
    }
  }

  private release(): void {
    const { held, skipped } = this;
    this.held = [];
    this.heldBytes = this.skipped = 0;
    if (skipped) this.sink.skip(skipped);
    for (const bytes of held) this.print(bytes);
  }
}
