import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  redirect,
} from '@tanstack/react-router';
import type { AuditSearch } from '@/features/access/audit/auditFilter';
import { isStep, type Step } from '@/features/vms/deploy/steps';
import type { LogsSearch } from '@/features/vms/detail/logs/place';
import { parseSearch, stringifySearch } from '@/lib/searchParams';
import { Broken } from '@/shell/Broken';
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

const deployRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/deploy',
  validateSearch: (search: Record<string, unknown>): { from?: string; step?: Step } => ({
    ...(typeof search.from === 'string' && search.from !== '' && { from: search.from }),
    ...(isStep(search.step) && { step: search.step }),
  }),
  component: lazyRouteComponent(() => import('@/features/vms/deploy/DeployPage'), 'DeployPage'),
});

const imagesRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/images',
  component: lazyRouteComponent(() => import('@/features/images/ImagesPage'), 'ImagesPage'),
});

const vmRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/vms/$id',
  component: lazyRouteComponent(() => import('@/features/vms/detail/VmPage'), 'VmPage'),
});

const vmIndexRoute = createRoute({
  getParentRoute: () => vmRoute,
  path: '/',
  beforeLoad: ({ params }) => {
    // eslint-disable-next-line @typescript-eslint/only-throw-error -- the router's own way
    throw redirect({ to: '/vms/$id/overview', params, replace: true });
  },
});

const vmOverviewRoute = createRoute({
  getParentRoute: () => vmRoute,
  path: '/overview',
  component: lazyRouteComponent(() => import('@/features/vms/detail/overview/OverviewTab'), 'OverviewTab'),
});

const vmEventsRoute = createRoute({
  getParentRoute: () => vmRoute,
  path: '/events',
  component: lazyRouteComponent(() => import('@/features/vms/detail/events/EventsTab'), 'EventsTab'),
});

const vmLogsRoute = createRoute({
  getParentRoute: () => vmRoute,
  path: '/logs',
  // All that is in an address is text; what means nothing is left out by the page.
  validateSearch: (search: Record<string, unknown>) => search as LogsSearch,
  component: lazyRouteComponent(() => import('@/features/vms/detail/logs/LogsTab'), 'LogsTab'),
});

const vmConsoleRoute = createRoute({
  getParentRoute: () => vmRoute,
  path: '/console',
  component: lazyRouteComponent(() => import('@/features/vms/detail/console/ConsoleTab'), 'ConsoleTab'),
});

const vmConfigurationRoute = createRoute({
  getParentRoute: () => vmRoute,
  path: '/configuration',
  component: lazyRouteComponent(
    () => import('@/features/vms/detail/configuration/ConfigurationTab'),
    'ConfigurationTab',
  ),
});

const vmNetworkRoute = createRoute({
  getParentRoute: () => vmRoute,
  path: '/network',
  component: lazyRouteComponent(() => import('@/features/vms/detail/network/NetworkTab'), 'NetworkTab'),
});

const vmGuestRoute = createRoute({
  getParentRoute: () => vmRoute,
  path: '/guest',
  component: lazyRouteComponent(() => import('@/features/vms/detail/guest/GuestTab'), 'GuestTab'),
});

const vmTabs = vmRoute.addChildren([
  vmIndexRoute,
  vmOverviewRoute,
  vmEventsRoute,
  vmLogsRoute,
  vmConsoleRoute,
  vmConfigurationRoute,
  vmNetworkRoute,
  vmGuestRoute,
]);

const hostRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/host',
  component: lazyRouteComponent(() => import('@/features/host/HostPage'), 'HostPage'),
});

const gpusRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/gpus',
  component: lazyRouteComponent(() => import('@/features/gpus/GpusPage'), 'GpusPage'),
});

const processesRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/processes',
  component: lazyRouteComponent(() => import('@/features/processes/ProcessesPage'), 'ProcessesPage'),
});

const nodesRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/nodes',
  component: lazyRouteComponent(() => import('@/features/nodes/NodesPage'), 'NodesPage'),
});

const hostRoutes = [hostRoute, nodesRoute, gpusRoute, processesRoute];

const vmUpdateRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/vms/$id/update',
  component: lazyRouteComponent(() => import('@/features/vms/update/UpdatePage'), 'UpdatePage'),
});

const usersRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/users',
  component: lazyRouteComponent(() => import('@/features/access/users/UsersPage'), 'UsersPage'),
});

const tokensRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/tokens',
  component: lazyRouteComponent(() => import('@/features/access/tokens/TokensPage'), 'TokensPage'),
});

const auditRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/audit',
  // All that is in an address is text; what means nothing is left out by the page.
  validateSearch: (search: Record<string, unknown>) => search as AuditSearch,
  component: lazyRouteComponent(() => import('@/features/access/audit/AuditPage'), 'AuditPage'),
});

const accountRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/account',
  component: lazyRouteComponent(() => import('@/features/access/account/AccountPage'), 'AccountPage'),
});

const accessRoutes = [usersRoute, tokensRoute, auditRoute, accountRoute];

export const router = createRouter({
  routeTree: rootRoute.addChildren([
    vmListRoute,
    deployRoute,
    imagesRoute,
    vmTabs,
    ...hostRoutes,
    vmUpdateRoute,
    ...accessRoutes,
  ]),
  parseSearch,
  stringifySearch,
  defaultPreload: 'intent',
  defaultErrorComponent: Broken,
});

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}
