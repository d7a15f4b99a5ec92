/** How many bytes were there at one moment, in milliseconds since 1970. */
export interface Sample {
  at: number;
  bytes: number;
}

/** A rate is of the last so many milliseconds: steady enough to read, and a stall shows soon. */
const WINDOW_MS = 6_000;

/** The samples with one more; one of a pull that began anew forgets those before, as time does. */
export function withSample(samples: readonly Sample[], next: Sample): readonly Sample[] {
  const last = samples.at(-1);
  if (last?.at === next.at && last.bytes === next.bytes) return samples;
  if (last && next.bytes < last.bytes) return [next];
  return [...samples.filter(({ at }) => at !== next.at && next.at - at <= WINDOW_MS), next];
}

/** Bytes in a second, or null before that can be said. */
export function rateOf(samples: readonly Sample[]): number | null {
  const [first] = samples;
  const last = samples.at(-1);
  if (!first || !last || last.at - first.at < 1000) return null;
  return ((last.bytes - first.bytes) * 1000) / (last.at - first.at);
}
