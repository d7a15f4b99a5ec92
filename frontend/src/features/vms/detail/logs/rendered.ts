import { plainText, renderLine, type Segment } from '@/lib/ansi/line';
import type { LogLine } from '@/live/logWindow';

/** A line as it is seen. */
export interface Rendered {
  segments: Segment[];
  text: string;
}

const cache = new WeakMap<LogLine, Rendered>();

/** Lines don't change; what is seen of one is found out once, as long as it is there. */
export function rendered(line: LogLine): Rendered {
  let found = cache.get(line);
  if (!found) {
    const segments = renderLine(line.raw, line.before);
    found = { segments, text: plainText(segments) };
    cache.set(line, found);
  }
  return found;
}
