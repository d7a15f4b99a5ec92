const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const two = (n: number): string => String(n).padStart(2, '0');

/**
 * How long something lasts, in its two largest units, whole seconds: `14s`, `5m 09s`, `2h 03m`, `12d 04h`.
 * A clock that runs ahead of the server's gives a negative span, shown as `0s`.
 */
export function formatDuration(ms: number): string {
  const span = Math.max(0, ms);
  const days = Math.floor(span / DAY);
  const hours = Math.floor((span % DAY) / HOUR);
  const minutes = Math.floor((span % HOUR) / MINUTE);
  const seconds = Math.floor((span % MINUTE) / SECOND);
  if (days > 0) return `${days}d ${two(hours)}h`;
  if (hours > 0) return `${hours}h ${two(minutes)}m`;
  if (minutes > 0) return `${minutes}m ${two(seconds)}s`;
  return `${seconds}s`;
}

const exact = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' });
const clockTime = new Intl.DateTimeFormat(undefined, { timeStyle: 'medium' });

/** Date and time to the second, for what is shown on hover. */
export const formatInstant = (ms: number): string => exact.format(ms);

/** Time of day to the second. */
export const formatTimeOfDay = (ms: number): string => clockTime.format(ms);

const day = new Intl.DateTimeFormat(undefined, { dateStyle: 'full' });

/** The day of an instant: `Monday, 23 November 2026`. */
export const formatDay = (ms: number): string => day.format(ms);
