import { useSyncExternalStore } from 'react';
import { clock } from '@/lib/clock';

/** Milliseconds since 1970, a new value every second, the same one for everybody on the page. */
export const useNow = (): number => useSyncExternalStore(clock.subscribe, clock.now);
