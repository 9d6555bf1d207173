/** The addresses of the console; a page has a file of its own, loaded when it is first opened. */
import { createRootRoute, createRoute, createRouter, lazyRouteComponent } from "@tanstack/react-router";

import { NotFound } from "@/console/components/not-found";
import { ProblemNotice } from "@/console/components/problem-notice";
import { Shell } from "@/console/components/shell";
import { OverviewPage } from "@/console/features/overview/overview-page";
import { parseSearch, type Search, stringifySearch } from "@/console/search";

const root = createRootRoute({ component: Shell, validateSearch: (search): Search => search as Search });

const at = <Path extends string>(path: Path) => ({ getParentRoute: () => root, path });

const pages = [
  createRoute({ ...at("/"), component: OverviewPage }),
  createRoute({
    ...at("/spool"),
    component: lazyRouteComponent(() => import("@/console/features/spool/spool-page"), "SpoolPage"),
  }),
  createRoute({
    ...at("/queues"),
    component: lazyRouteComponent(() => import("@/console/features/system/queues-page"), "QueuesPage"),
  }),
  createRoute({
    ...at("/search"),
    component: lazyRouteComponent(() => import("@/console/features/search/search-page"), "SearchPage"),
  }),
  createRoute({
    ...at("/portals"),
    component: lazyRouteComponent(() => import("@/console/features/portals/portals-page"), "PortalsPage"),
  }),
  createRoute({
    ...at("/portals/$id"),
    component: lazyRouteComponent(() => import("@/console/features/portals/portal-page"), "PortalPage"),
  }),
  createRoute({
    ...at("/billing"),
    component: lazyRouteComponent(() => import("@/console/features/billing/billing-page"), "BillingPage"),
  }),
  createRoute({
    ...at("/outbox"),
    component: lazyRouteComponent(() => import("@/console/features/outbox/outbox-page"), "OutboxPage"),
  }),
  createRoute({
    ...at("/outbox/$id"),
    component: lazyRouteComponent(() => import("@/console/features/outbox/item-page"), "ItemPage"),
  }),
  createRoute({
    ...at("/messages"),
    component: lazyRouteComponent(() => import("@/console/features/dialogs/messages-page"), "MessagesPage"),
  }),
  createRoute({
    ...at("/dialogs"),
    component: lazyRouteComponent(() => import("@/console/features/dialogs/dialogs-page"), "DialogsPage"),
  }),
  createRoute({
    ...at("/dialogs/$id"),
    component: lazyRouteComponent(() => import("@/console/features/dialogs/dialog-page"), "DialogPage"),
  }),
  createRoute({
    ...at("/traces/$id"),
    component: lazyRouteComponent(() => import("@/console/features/traces/trace-page"), "TracePage"),
  }),
  createRoute({
    ...at("/inbound-events"),
    component: lazyRouteComponent(() => import("@/console/features/inbound/inbound-page"), "InboundPage"),
  }),
  createRoute({
    ...at("/inbound-events/$id"),
    component: lazyRouteComponent(() => import("@/console/features/inbound/event-page"), "EventPage"),
  }),
  createRoute({
    ...at("/logs"),
    component: lazyRouteComponent(() => import("@/console/features/logs/logs-page"), "LogsPage"),
  }),
  createRoute({
    ...at("/audit"),
    component: lazyRouteComponent(() => import("@/console/features/audit/audit-page"), "AuditPage"),
  }),
  createRoute({
    ...at("/admins"),
    component: lazyRouteComponent(() => import("@/console/features/admins/admins-page"), "AdminsPage"),
  }),
  createRoute({
    ...at("/answers"),
    component: lazyRouteComponent(() => import("@/console/features/answers/answers-page"), "AnswersPage"),
  }),
];

export const router = createRouter({
  routeTree: root.addChildren(pages),
  basepath: "/admin",
  parseSearch,
  stringifySearch,
  defaultPreload: "intent",
  defaultNotFoundComponent: NotFound,
  defaultErrorComponent: ({ error }) => <ProblemNotice problem={error} onRetry={() => window.location.reload()} />,
  scrollRestoration: true,
});
