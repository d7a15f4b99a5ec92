import { FitAddon } from '@xterm/addon-fit';
import { SearchAddon } from '@xterm/addon-search';
import { Terminal } from '@xterm/xterm';
import '@xterm/xterm/css/xterm.css';
import { httpUrl } from '@/lib/httpUrl';
import type { Keepable } from '@/live/kept';
import { TerminalSession } from '@/live/terminalSession';
import { divider, restrain } from './hostile';
import { policyDocument } from './policyDocument';
import { themes } from './themes';

/** Lines that are kept above the window. */
const SCROLLBACK = 5_000;
const FONT = "'JetBrains Mono', ui-monospace, SFMono-Regular, Menlo, Consolas, monospace";

/**
 * A VM's console: its session, and the terminal that shows it, scrollback and all. It lives outside the page and can
 * be put into one, and into another later.
 */
export class GuestTerminal implements Keepable {
  readonly terminal = new Terminal({
    documentOverride: policyDocument(),
    allowProposedApi: true,
    scrollback: SCROLLBACK,
    scrollOnEraseInDisplay: true,
    fontFamily: FONT,
    theme: themes.dark,
    minimumContrastRatio: 4.5,
    cursorBlink: false,
    ignoreBracketedPasteMode: true,
    linkHandler: { activate: (_, text) => this.followed(text) },
  });
  readonly session: TerminalSession;
  readonly search = new SearchAddon();
  /** A link in the guest's output was clicked: it may lead anywhere, and is only followed by who is asked. */
  onLink: (url: string) => void = () => undefined;
  private readonly fit = new FitAddon();

  constructor(vmId: string) {
    const { terminal } = this;
    this.session = new TerminalSession(vmId, {
      print: (bytes, done) => terminal.write(bytes, done),
      divide: (words) => terminal.write(divider(words)),
    });
    restrain(terminal, { answers: () => this.session.answers });
    terminal.loadAddon(this.fit);
    terminal.loadAddon(this.search);
    terminal.onData((text) => this.type(text));
    // Positions of the mouse in its oldest form: a byte a sign.
    terminal.onBinary((text) => this.session.type(Uint8Array.from(text, (sign) => sign.charCodeAt(0))));
  }

  start(): void {
    this.session.start();
  }

  stop(): void {
    this.session.stop();
    this.terminal.dispose();
  }

  /** Puts it into an element, until it is taken out again. */
  mount(parent: HTMLElement): () => void {
    const { terminal } = this;
    if (terminal.element) parent.append(terminal.element);
    else terminal.open(parent);
    this.resize();
    const resized = new ResizeObserver(() => this.resize());
    resized.observe(parent);
    return () => {
      resized.disconnect();
      terminal.element?.remove();
    };
  }

  /** As many rows and columns as there is room for. */
  resize(): void {
    this.fit.fit();
  }

  type(text: string): void {
    this.session.type(Uint8Array.from(new TextEncoder().encode(text)));
  }

  private followed(text: string): void {
    const url = httpUrl(text);
    if (url !== null) this.onLink(url);
  }
}
