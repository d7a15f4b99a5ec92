import { useRouter } from '@tanstack/react-router';
import { useEffect, type RefObject } from 'react';

/**
 * Whoever goes to another page by keyboard or hears it read starts at its title. Within one VM's pages the focus
 * stays, as on its tabs, unless what had it is gone.
 */
export function usePageFocus(main: RefObject<HTMLElement | null>): void {
  const router = useRouter();
  useEffect(
    () =>
      router.subscribe('onRendered', ({ fromLocation, toLocation }) => {
        if (!fromLocation || fromLocation.pathname === toLocation.pathname) return;
        const isSamePage = subjectOf(fromLocation.pathname) === subjectOf(toLocation.pathname);
        if (isSamePage && document.activeElement !== document.body) return;
        const title = main.current?.querySelector<HTMLElement>('h1') ?? main.current;
        if (!title) return;
        title.tabIndex = -1;
        title.focus({ preventScroll: true });
      }),
    [router, main],
  );
}

/** What a path is about, whichever of its views: `/vms/<id>` of `/vms/<id>/logs`. */
export const subjectOf = (path: string): string => path.split('/').slice(0, 3).join('/');
