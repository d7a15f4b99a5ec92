import type { IFunctionIdentifier, Terminal } from '@xterm/xterm';

/** What a guest may ask of a terminal, and what comes of it. */
interface Manners {
  /** Whether this terminal answers questions now: which it is, where its cursor is, what a mode is. */
  answers: () => boolean;
}

/** Title, icon name, the palette's and the text's colours, the clipboard, and those colours' resets. */
const FORBIDDEN_OSC = [0, 1, 2, 4, 10, 11, 12, 52, 104, 110, 111, 112];
const HYPERLINK = 8;
const LONGEST_HYPERLINK = 2_048;

/** Sequences that are answered by typing to the guest. */
const QUESTIONS: IFunctionIdentifier[] = [
  { final: 'c' },
  { prefix: '>', final: 'c' },
  { prefix: '=', final: 'c' },
  { final: 'n' },
  { prefix: '?', final: 'n' },
  { intermediates: '$', final: 'p' },
  { prefix: '?', intermediates: '$', final: 'p' },
];

/** Sequences that are done as often as they say. */
const REPEATED: IFunctionIdentifier[] = [
  ...Array.from('@ABCDEFILMPSTXZab', (final) => ({ final })),
  { intermediates: ' ', final: '@' },
  { intermediates: ' ', final: 'A' },
  { intermediates: "'", final: '}' },
  { intermediates: "'", final: '~' },
];
/** More than any screen has rows or columns. */
const MOST_REPEATS = 1_000;

/** Mode "tell me when the window gets and loses the focus": a look at the page would type to the guest. */
const FOCUS_EVENTS = 1004;
/** Erase in display: what was scrolled off. */
const SCROLLBACK = 3;

/** Leaves out of a guest's output what a page must not do for it. */
export function restrain({ parser }: Terminal, { answers }: Manners): void {
  for (const identifier of FORBIDDEN_OSC) parser.registerOscHandler(identifier, () => true);
  parser.registerOscHandler(HYPERLINK, (data) => data.length > LONGEST_HYPERLINK);
  for (const id of QUESTIONS) parser.registerCsiHandler(id, () => !answers());
  parser.registerDcsHandler({ intermediates: '$', final: 'q' }, () => !answers());
  for (const id of REPEATED) {
    parser.registerCsiHandler(id, (parameters) => parameters.some((count) => Number(count) > MOST_REPEATS));
  }
  parser.registerCsiHandler({ prefix: '?', final: 'h' }, (modes) => modes.includes(FOCUS_EVENTS));
  parser.registerCsiHandler({ final: 'J' }, (which) => which[0] === SCROLLBACK);
}

const encoder = new TextEncoder();

/** Aborts a sequence, resets modes and colours, leaves the alternate screen, has the mouse report nothing. */
const ENDED = '\u0018\u001b[!p\u001b[0m\u001b[?1049l\u001b[?9;1000;1002;1003;1006;2004l\u001b[?25h\u001b[r';

/**
 * A line of the console's own, on a line of its own. It first ends whatever the guest has begun: what did may be gone.
 */
export function divider(words: string): Uint8Array {
  return encoder.encode(`${ENDED}\r\n\u001b[J\u001b[2m── ${words} ──\u001b[0m\r\n`);
}
