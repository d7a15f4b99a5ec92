/** One of the sixteen named colours: 0 to 7 are black, red, green, yellow, blue, magenta, cyan, white; then bright. */
export type Colour = number;

/** How a text is to look. The page's own colours are meant where one is null. */
export interface Style {
  readonly fg: Colour | null;
  readonly bg: Colour | null;
  readonly bold: boolean;
  readonly dim: boolean;
  readonly italic: boolean;
  readonly underline: boolean;
  readonly strike: boolean;
  readonly inverse: boolean;
}

export const PLAIN: Style = {
  fg: null,
  bg: null,
  bold: false,
  dim: false,
  italic: false,
  underline: false,
  strike: false,
  inverse: false,
};

const keys = Object.keys(PLAIN) as (keyof Style)[];

export const sameStyle = (one: Style, other: Style): boolean =>
  one === other || keys.every((key) => one[key] === other[key]);

/**
 * The style after a "select graphic rendition" sequence (ECMA-48 8.3.117), given what stands between `ESC [` and
 * `m`. What is unknown changes nothing; colours of larger palettes become the nearest of the sixteen, which are
 * legible on every ground.
 */
export function applySgr(style: Style, parameters: string): Style {
  // A colon joins the parts of one parameter: `38:2::255:0:0`.
  const codes = parameters.split(';');
  let next = style;
  for (let at = 0; at < codes.length; at += 1) {
    const code = codes[at] ?? '';
    if (code.includes(':')) {
      next = withParts(next, code.split(':'));
    } else if (code === '38' || code === '48') {
      const { colour, used } = readColour(codes.slice(at + 1).map(Number));
      next = colour === null ? next : { ...next, [code === '38' ? 'fg' : 'bg']: colour };
      at += used;
    } else {
      next = withCode(next, Number(code));
    }
  }
  return next;
}

function withCode(style: Style, code: number): Style {
  if (code >= 30 && code <= 37) return { ...style, fg: code - 30 };
  if (code >= 40 && code <= 47) return { ...style, bg: code - 40 };
  if (code >= 90 && code <= 97) return { ...style, fg: code - 90 + 8 };
  if (code >= 100 && code <= 107) return { ...style, bg: code - 100 + 8 };
  return code === 0 ? PLAIN : { ...style, ...changes[code] };
}

const changes: Record<number, Partial<Style>> = {
  1: { bold: true },
  2: { dim: true },
  3: { italic: true },
  4: { underline: true },
  7: { inverse: true },
  9: { strike: true },
  21: { underline: true },
  22: { bold: false, dim: false },
  23: { italic: false },
  24: { underline: false },
  27: { inverse: false },
  29: { strike: false },
  39: { fg: null },
  49: { bg: null },
};

function withParts(style: Style, [code, ...parts]: string[]): Style {
  if (code === '4') return { ...style, underline: parts[0] !== '0' };
  if (code !== '38' && code !== '48') return style;
  // The colour space between kind and values is often there and empty.
  const values = parts[0] === '2' && parts.length > 4 ? [parts[0], ...parts.slice(2)] : parts;
  const { colour } = readColour(values.map(Number));
  return colour === null ? style : { ...style, [code === '38' ? 'fg' : 'bg']: colour };
}

/** What follows 38 or 48: `5;n` of the palette of 256, or `2;r;g;b`; and how many values that were. */
function readColour(values: readonly number[]): { colour: Colour | null; used: number } {
  const [kind, first = 0, second = 0, third = 0] = values;
  if (kind === 5) return { colour: fromPalette(first), used: 2 };
  if (kind === 2) return { colour: nearest(first, second, third), used: 4 };
  return { colour: null, used: 0 };
}

/** The palette of 256: sixteen named ones, a cube of 6 × 6 × 6, and 24 greys. */
function fromPalette(index: number): Colour | null {
  if (!Number.isInteger(index) || index < 0 || index > 255) return null;
  if (index < 16) return index;
  if (index >= 232) {
    const level = 8 + 10 * (index - 232);
    return nearest(level, level, level);
  }
  const level = (step: number): number => (step === 0 ? 0 : 55 + 40 * step);
  const cube = index - 16;
  return nearest(level(Math.floor(cube / 36)), level(Math.floor(cube / 6) % 6), level(cube % 6));
}

/** Red, green and blue of the sixteen, as terminals commonly have them. */
const sixteen: readonly (readonly [number, number, number])[] = [
  [0, 0, 0],
  [205, 0, 0],
  [0, 205, 0],
  [205, 205, 0],
  [0, 0, 238],
  [205, 0, 205],
  [0, 205, 205],
  [229, 229, 229],
  [127, 127, 127],
  [255, 0, 0],
  [0, 255, 0],
  [255, 255, 0],
  [92, 92, 255],
  [255, 0, 255],
  [0, 255, 255],
  [255, 255, 255],
];

function nearest(red: number, green: number, blue: number): Colour {
  let best = 0;
  let least = Infinity;
  sixteen.forEach(([r, g, b], colour) => {
    const distance = (r - red) ** 2 + (g - green) ** 2 + (b - blue) ** 2;
    if (distance < least) [best, least] = [colour, distance];
  });
  return best;
}
