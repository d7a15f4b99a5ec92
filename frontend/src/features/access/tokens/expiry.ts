/** How long a new token may be good for. */
export const lifetimes = [
  { value: '30', label: '30 days' },
  { value: '90', label: '90 days' },
  { value: '365', label: 'One year' },
  { value: 'date', label: 'Until a day…' },
  { value: 'never', label: 'For ever' },
] as const;

export type Lifetime = (typeof lifetimes)[number]['value'];

const DAY_MS = 86_400_000;

/**
 * When it ends, in milliseconds since 1970: null for never, undefined while no day is chosen.
 * @param day as a date field has it, `2026-11-23`; the token is good to the end of that day, in local time.
 */
export function expiryOf(lifetime: Lifetime, day: string, now: number): number | null | undefined {
  if (lifetime === 'never') return null;
  if (lifetime !== 'date') return now + Number(lifetime) * DAY_MS;
  const end = new Date(`${day}T23:59:59`).getTime();
  return Number.isNaN(end) ? undefined : end;
}
