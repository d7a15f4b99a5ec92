import type { Variable } from '@/crypto/envelope';

/** What a .env file holds, and the lines of it that say nothing. */
export interface EnvFile {
  variables: readonly Variable[];
  /** Numbers of lines, from 1, that are neither a variable nor a comment. */
  ignored: readonly number[];
}

export const ENV_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

const START = /^[ \t]*(?:export[ \t]+)?([A-Za-z_][A-Za-z0-9_]*)[ \t]*=[ \t]*/;
const ESCAPES: Record<string, string> = { n: '\n', r: '\r', t: '\t', '"': '"', '\\': '\\', $: '$' };

/**
 * Reads a .env file as Docker Compose does: `KEY=value`, `export` before it, comments, values in single quotes as they
 * stand, in double quotes with \n and the like, both over several lines. Nothing is put in for `$NAME`. Of a name
 * that comes twice the last counts.
 */
export function parseEnvFile(text: string): EnvFile {
  const rest = text.replace(/^\uFEFF/, '').replaceAll('\r\n', '\n');
  const values = new Map<string, string>();
  const ignored: number[] = [];
  let at = 0;
  while (at < rest.length) {
    const start = START.exec(rest.slice(at, endOfLine(rest, at)));
    if (!start?.[1]) {
      if (!/^\s*(#|$)/.test(rest.slice(at, endOfLine(rest, at)))) ignored.push(lineAt(rest, at));
      at = endOfLine(rest, at) + 1;
      continue;
    }
    const { value, end } = readValue(rest, at + start[0].length);
    values.delete(start[1]);
    values.set(start[1], value);
    at = endOfLine(rest, end) + 1;
  }
  return { variables: [...values].map(([key, value]) => ({ key, value })), ignored };
}

function readValue(text: string, at: number): { value: string; end: number } {
  const quote = text[at];
  if (quote === '"' || quote === "'") {
    const close = closing(text, at + 1, quote);
    if (close !== -1) {
      const inside = text.slice(at + 1, close);
      return { value: quote === '"' ? unescape(inside) : inside, end: close + 1 };
    }
  }
  const end = endOfLine(text, at);
  return {
    value: text
      .slice(at, end)
      .replace(/(^|[ \t])#.*$/, '$1')
      .trim(),
    end,
  };
}

/** Where the quote ends, or -1: then it was none. */
function closing(text: string, from: number, quote: string): number {
  for (let at = from; at < text.length; at += 1) {
    if (quote === '"' && text[at] === '\\') at += 1;
    else if (text[at] === quote) return at;
  }
  return -1;
}

const unescape = (text: string): string =>
  text.replace(/\\([\s\S])/g, (whole, sign: string) => ESCAPES[sign] ?? whole);

function endOfLine(text: string, from: number): number {
  const end = text.indexOf('\n', from);
  return end === -1 ? text.length : end;
}

const lineAt = (text: string, at: number): number => text.slice(0, at).split('\n').length;
