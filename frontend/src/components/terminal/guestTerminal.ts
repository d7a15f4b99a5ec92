import { FitAddon } from '@xterm/addon-fit';
import { SearchAddon } from '@xterm/addon-search';
import { Terminal } from '@xterm/xterm';
import '@xterm/xterm/css/xterm.css';
import { httpUrl } from '@/lib/httpUrl';
import type { Keepable } from '@/live/kept';
import { TerminalSession } from '@/live/terminalSession';
import { divider, restrain } from './hostile';
import { letSpansHaveStyles, withNonce } from './pagePolicy';
import { themes } from './themes';

/** Lines that are kept above the window. */
const SCROLLBACK = 5_000;
const FONT = "'JetBrains Mono', ui-monospace, SFMono-Regular, Menlo, Consolas, monospace";

letSpansHaveStyles();

/** A terminal is measured once, when it is opened: by then the letters must be those that it is drawn with. */
const fontIsThere = document.fonts.load(`13px ${FONT}`).catch(() => undefined);

export interface Look {
  scheme: 'light' | 'dark';
  /** CSS pixels. */
  fontSize: number;
  /** Says what is printed to screen readers, and lets them go through it. */
  screenReader: boolean;
}

/**
 * A VM's console: its session, and the terminal that shows it, scrollback and all. It lives outside the page and can
 * be put into one, and into another later.
 */
export class GuestTerminal implements Keepable {
  readonly terminal = new Terminal({
    allowProposedApi: true,
    scrollback: SCROLLBACK,
    scrollOnEraseInDisplay: true,
    fontFamily: FONT,
    theme: themes.dark,
    minimumContrastRatio: 4.5,
    lineHeight: 1.1,
    ignoreBracketedPasteMode: true,
    linkHandler: { activate: (_, text) => this.followed(text) },
  });
  readonly session: TerminalSession;
  readonly search = new SearchAddon();
  private onLink: (url: string) => void = () => undefined;
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
    const resized = new ResizeObserver(() => this.resize());
    let isHere = true;
    void fontIsThere.then(() => {
      if (!isHere) return;
      if (terminal.element) parent.append(terminal.element);
      else {
        withNonce(() => terminal.open(parent));
        this.resize();
        terminal.scrollToBottom();
      }
      resized.observe(parent);
    });
    return () => {
      isHere = false;
      resized.disconnect();
      terminal.element?.remove();
    };
  }

  look({ scheme, fontSize, screenReader }: Look): void {
    this.terminal.options = { theme: themes[scheme], fontSize, screenReaderMode: screenReader };
    this.resize();
  }

  /**
   * Has somebody asked about links in the guest's output, which may lead anywhere; and about keys before the guest gets
   * them: true if that key was for the page.
   */
  attend(onLink: (url: string) => void, onKey: (event: KeyboardEvent) => boolean): void {
    this.onLink = onLink;
    this.terminal.attachCustomKeyEventHandler((event) => {
      const taken = onKey(event);
      if (taken) event.preventDefault();
      return !taken;
    });
  }

  /** As many rows and columns as there is room for. */
  private resize(): void {
    if (this.terminal.element?.isConnected) this.fit.fit();
  }

  type(text: string): void {
    this.session.type(Uint8Array.from(new TextEncoder().encode(text)));
  }

  private followed(text: string): void {
    const url = httpUrl(text);
    if (url !== null) this.onLink(url);
  }
}
