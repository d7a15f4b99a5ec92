import { call } from '@/api/client';
import type { ImageRow } from '@/api/image';
import type { PortRules } from '@/api/vm';
import { demoRequest } from './demoRequest';

const FAVOURITE = 8080;
const TRIES = 12;

/**
 * Creates the demo on a port that is free, and has it start. Resolves to its id as soon as there is something to see;
 * `onStartFailure` hears if the start fails after that. Throws what the server says where it won't have it.
 */
export async function deployDemo(
  image: ImageRow,
  rules: PortRules,
  onStartFailure: (error: unknown) => void,
): Promise<string> {
  const request = demoRequest(image, await freePort(image, rules));
  const { id } = await call('CreateVm', { ...request, stopped: true });
  call('StartVm', { id }).catch(onStartFailure);
  return id;
}

/** A port that the server gives; null where VMs get none. The last one tried where all seem taken: CreateVm says why. */
async function freePort(image: ImageRow, rules: PortRules): Promise<number | null> {
  const candidates = portCandidates(rules, Math.random);
  for (const port of candidates) {
    const { problems } = await call('CheckVm', demoRequest(image, port));
    if (!problems.some(({ field }) => field.startsWith('ports'))) return port;
  }
  return candidates.at(-1) ?? null;
}

/** Ports that a VM may have, the one that people expect first. */
export function portCandidates({ ranges }: PortRules, random: () => number): number[] {
  const usable = ranges
    .filter(([protocol, , last]) => protocol === 'tcp' && last >= 1024)
    .map(([, first, last]) => ({ first: Math.max(first, 1024), last }));
  if (usable.length === 0) return [];
  const favourites = usable.some(({ first, last }) => first <= FAVOURITE && FAVOURITE <= last)
    ? [FAVOURITE]
    : [];
  const others = Array.from({ length: TRIES }, () => {
    const { first, last } = usable[Math.floor(random() * usable.length)] ?? {
      first: FAVOURITE,
      last: FAVOURITE,
    };
    return first + Math.floor(random() * (last - first + 1));
  });
  return [...favourites, ...others];
}
