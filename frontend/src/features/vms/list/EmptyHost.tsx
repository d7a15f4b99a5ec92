import { lazy, Suspense } from 'react';

const Welcome = lazy(async () => ({ default: (await import('../welcome/Welcome')).Welcome }));

/** What stands where the list would while there is nothing to list; most who come never load it. */
export function EmptyHost() {
  return (
    <Suspense fallback={null}>
      <Welcome />
    </Suspense>
  );
}
