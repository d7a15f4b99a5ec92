import { useCallback, useState } from 'react';

/** A choice that this browser remembers. What was stored by an older page and isn't valid now is ignored. */
export function useStored<T>(
  key: string,
  initial: T,
  isValid: (value: unknown) => value is T,
): [T, (value: T) => void] {
  const [value, setValue] = useState<T>(() => read(key, isValid) ?? initial);
  const store = useCallback(
    (next: T) => {
      setValue(next);
      try {
        window.localStorage.setItem(key, JSON.stringify(next));
      } catch {
        // Storage is full or forbidden: the choice still holds until the page is left.
      }
    },
    [key],
  );
  return [value, store];
}

function read<T>(key: string, isValid: (value: unknown) => value is T): T | null {
  try {
    const value: unknown = JSON.parse(window.localStorage.getItem(key) ?? 'null');
    return isValid(value) ? value : null;
  } catch {
    return null;
  }
}
