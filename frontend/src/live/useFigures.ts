import { useCallback, useSyncExternalStore } from 'react';
import { figures } from './figures';
import { noSeries, type Series } from './series';

/** The last hour of a VM by its id, or of the `HOST`, growing as it is watched; null: watch nothing. */
export function useFigures(key: string | null): Series {
  const subscribe = useCallback(
    (listener: () => void) => (key === null ? () => undefined : figures.watch(key, listener)),
    [key],
  );
  return useSyncExternalStore(subscribe, () => (key === null ? noSeries : figures.series(key)));
}
