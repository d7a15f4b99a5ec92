import { createRootRoute, createRoute, createRouter, lazyRouteComponent } from '@tanstack/react-router';
import { parseSearch, stringifySearch } from '@/lib/searchParams';
import { NotFound } from '@/shell/NotFound';
import { Shell } from '@/shell/Shell';

const rootRoute = createRootRoute({ component: Shell, notFoundComponent: NotFound });

const vmListRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/',
  validateSearch: (search: Record<string, unknown>): { q?: string } =>
    typeof search.q === 'string' && search.q !== '' ? { q: search.q } : {},
  component: lazyRouteComponent(() => import('@/features/vms/list/VmListPage'), 'VmListPage'),
});

const imagesRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/images',
  component: lazyRouteComponent(() => import('@/features/images/ImagesPage'), 'ImagesPage'),
});

export const router = createRouter({
  routeTree: rootRoute.addChildren([vmListRoute, imagesRoute]),
  parseSearch,
  stringifySearch,
  defaultPreload: 'intent',
});

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}
