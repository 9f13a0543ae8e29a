import { createRootRoute, createRoute, createRouter, lazyRouteComponent } from '@tanstack/react-router';
import { ErrorNote } from './shell/states';
import { parseSearch, stringifySearch, validateSearch } from './shell/search';
import { Layout } from './shell/Layout';
import { NotFound } from './shell/NotFound';

const root = createRootRoute({ component: Layout, validateSearch, notFoundComponent: NotFound });

const routes = [
  createRoute({
    getParentRoute: () => root,
    path: '/',
    component: lazyRouteComponent(() => import('./pages/overview/OverviewPage'), 'OverviewPage'),
  }),
  createRoute({
    getParentRoute: () => root,
    path: '/services',
    component: lazyRouteComponent(() => import('./pages/services/ServicesPage'), 'ServicesPage'),
  }),
  createRoute({
    getParentRoute: () => root,
    path: '/metrics-explorer',
    component: lazyRouteComponent(() => import('./pages/metrics/MetricsPage'), 'MetricsPage'),
  }),
  createRoute({
    getParentRoute: () => root,
    path: '/logs',
    component: lazyRouteComponent(() => import('./pages/logs/LogsPage'), 'LogsPage'),
  }),
  createRoute({
    getParentRoute: () => root,
    path: '/traces',
    component: lazyRouteComponent(() => import('./pages/traces/TracesPage'), 'TracesPage'),
  }),
  createRoute({
    getParentRoute: () => root,
    path: '/trace/$id',
    component: lazyRouteComponent(() => import('./pages/trace/TracePage'), 'TracePage'),
  }),
  createRoute({
    getParentRoute: () => root,
    path: '/alerts',
    component: lazyRouteComponent(() => import('./pages/alerts/AlertsPage'), 'AlertsPage'),
  }),
  createRoute({
    getParentRoute: () => root,
    path: '/alerts/rule',
    component: lazyRouteComponent(() => import('./pages/alerts/RulePage'), 'RulePage'),
  }),
  createRoute({
    getParentRoute: () => root,
    path: '/alerts/one',
    component: lazyRouteComponent(() => import('./pages/alerts/AlertPage'), 'AlertPage'),
  }),
  createRoute({
    getParentRoute: () => root,
    path: '/slos',
    component: lazyRouteComponent(() => import('./pages/slos/SlosPage'), 'SlosPage'),
  }),
  createRoute({
    getParentRoute: () => root,
    path: '/slos/one',
    component: lazyRouteComponent(() => import('./pages/slos/SloPage'), 'SloPage'),
  }),
  createRoute({
    getParentRoute: () => root,
    path: '/slos/agreement',
    component: lazyRouteComponent(() => import('./pages/slos/AgreementPage'), 'AgreementPage'),
  }),
  createRoute({
    getParentRoute: () => root,
    path: '/targets',
    component: lazyRouteComponent(() => import('./pages/targets/TargetsPage'), 'TargetsPage'),
  }),
] as const;

export const router = createRouter({
  routeTree: root.addChildren(routes),
  parseSearch,
  stringifySearch,
  defaultPreload: 'intent',
  scrollRestoration: true,
  defaultErrorComponent: ({ error }) => <ErrorNote error={error} />,
});

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}
