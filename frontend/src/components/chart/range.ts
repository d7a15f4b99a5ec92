/** What part of the hour is shown: the newest so many ms, or what somebody has chosen. */
export type Range = { last: number } | { from: number; to: number };

export const spans = [
  { label: '5 min', ms: 300_000 },
  { label: '15 min', ms: 900_000 },
  { label: '1 hour', ms: 3_600_000 },
] as const;

/** The times it shows, in ms since 1970. */
export const shownOf = (range: Range, now: number): { from: number; to: number } =>
  'last' in range ? { from: now - range.last, to: now } : range;

/** The shortest span that holds everything since then: a minute's figures are no hairline at the end of an hour. */
export const spanSince = (oldest: number, now: number): number =>
  (spans.find(({ ms }) => now - oldest <= ms) ?? spans[2]).ms;
