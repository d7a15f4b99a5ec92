/** A websocket that does what the test says, and remembers what was asked of it. */
export class FakeWebSocket {
  static readonly CONNECTING = 0;
  static readonly OPEN = 1;
  static readonly CLOSED = 3;
  static opened: FakeWebSocket[] = [];

  static latest(): FakeWebSocket {
    const found = FakeWebSocket.opened.at(-1);
    if (!found) throw new Error('nothing was opened');
    return found;
  }

  readyState = FakeWebSocket.CONNECTING;
  sent: unknown[] = [];
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onclose: ((event: { code: number; reason: string }) => void) | null = null;

  constructor(readonly url: string) {
    FakeWebSocket.opened.push(this);
  }

  send(data: unknown): void {
    this.sent.push(data);
  }

  close(): void {
    this.readyState = FakeWebSocket.CLOSED;
  }

  accept(): void {
    this.readyState = FakeWebSocket.OPEN;
    this.onopen?.();
  }

  say(data: string | ArrayBuffer): void {
    this.onmessage?.({ data });
  }

  tell(message: object): void {
    this.say(JSON.stringify(message));
  }

  /** Sends text as bytes. */
  print(text: string): void {
    this.say(Uint8Array.from(new TextEncoder().encode(text)).buffer);
  }

  fail(code = 1006, reason = ''): void {
    this.readyState = FakeWebSocket.CLOSED;
    this.onclose?.({ code, reason });
  }
}
