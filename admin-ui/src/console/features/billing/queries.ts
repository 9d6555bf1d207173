import { keepPreviousData, queryOptions } from "@tanstack/react-query";

import { fileOf } from "@/console/files";
import { chosen, type Search } from "@/console/search";
import { type Api, told } from "@/shared/api";
import type { components } from "@/shared/schema";

type Schemas = components["schemas"];
export type Plan = Schemas["Plan"];
export type PlanChange = Schemas["PlanChange"];
export type Subscription = Schemas["Subscription"];
export type UsageSum = Schemas["UsageSum"];
export type LimitAlert = Schemas["LimitAlert"];
export type Activity = Schemas["Activity"];
export type ModelPrice = Schemas["ModelPrice"];
export type PriceChange = Schemas["PriceChange"];
export type Drift = Schemas["Drift"];

export const LIMITS = [
  "replies_per_month",
  "llm_tokens_per_month",
  "allowed_users",
  "kb_documents",
  "kb_megabytes",
] as const;
export const FEATURES = ["llm", "citations", "analytics"] as const;
export const STATUSES = ["trial", "active", "grace", "suspended", "canceled"] as const;
export const CURRENCIES = ["RUB", "KZT", "BYN", "USD", "EUR"] as const;
export type LimitName = (typeof LIMITS)[number];

const KEY = "billing";

export const listPlans = (api: Api) =>
  queryOptions({
    queryKey: [KEY, "plans"],
    queryFn: () => told(api.GET("/v1/admin/billing/plans")),
  });

export const listVersions = (api: Api, code: string) =>
  queryOptions({
    queryKey: [KEY, "plans", code],
    queryFn: () => told(api.GET("/v1/admin/billing/plans/{code}/versions", { params: { path: { code } } })),
  });

const subscriptionFilters = (search: Search) => {
  const { near, ...rest } = chosen(search, ["portal_id", "plan", "status", "near"]);
  return { ...rest, ...(Number(near) ? { near: Number(near) } : {}) };
};

export const listSubscriptions = (api: Api, search: Search) => {
  const query = { ...subscriptionFilters(search), ...chosen(search, ["cursor"]) };
  return queryOptions({
    queryKey: [KEY, "subscriptions", query],
    queryFn: () => told(api.GET("/v1/admin/billing/portals", { params: { query } })),
    placeholderData: keepPreviousData,
  });
};

export const subscriptionFile = (api: Api, search: Search) => {
  const query = subscriptionFilters(search);
  return fileOf(api.GET("/v1/admin/billing/portals.csv", { params: { query }, parseAs: "stream" }));
};

const withId = (sum: UsageSum) => ({ ...sum, id: sum.key });
export type UsageRow = ReturnType<typeof withId>;

/** Usage by day is read to its end: a chart shows all of it. */
export const usageByDay = (api: Api, search: Search) => {
  const query = { ...chosen(search, ["since", "until"]), group: "day" as const, limit: 200 };
  return queryOptions({
    queryKey: [KEY, "usage", query],
    queryFn: async () => {
      const items: UsageSum[] = [];
      let cursor: string | null = "";
      while (cursor !== null) {
        const page: Schemas["Page_UsageSum_"] = await told(
          api.GET("/v1/admin/billing/usage", { params: { query: { ...query, cursor } } }),
        );
        items.push(...page.items);
        cursor = page.next_cursor ?? null;
      }
      return { items };
    },
  });
};

export const usageByPortal = (api: Api, search: Search) => {
  const query = { ...chosen(search, ["since", "until", "cursor"]), group: "portal" as const };
  return queryOptions({
    queryKey: [KEY, "usage", query],
    queryFn: async () => {
      const page = await told(api.GET("/v1/admin/billing/usage", { params: { query } }));
      return { ...page, items: page.items.map(withId) };
    },
    placeholderData: keepPreviousData,
  });
};

export const listAlerts = (api: Api, search: Search) => {
  const query = chosen(search, ["portal_id", "since", "until", "cursor"]);
  return queryOptions({
    queryKey: [KEY, "alerts", query],
    queryFn: () => told(api.GET("/v1/admin/billing/alerts", { params: { query } })),
    placeholderData: keepPreviousData,
  });
};

export const alertFile = (api: Api, search: Search) => {
  const query = chosen(search, ["portal_id", "since", "until"]);
  return fileOf(api.GET("/v1/admin/billing/alerts.csv", { params: { query }, parseAs: "stream" }));
};

export const listActivity = (api: Api, search: Search) => {
  const query = chosen(search, ["cursor"]);
  return queryOptions({
    queryKey: [KEY, "activity", query],
    queryFn: () => told(api.GET("/v1/admin/billing/activity", { params: { query } })),
    placeholderData: keepPreviousData,
  });
};

export const activityFile = (api: Api) => fileOf(api.GET("/v1/admin/billing/activity.csv", { parseAs: "stream" }));

export const listPrices = (api: Api) =>
  queryOptions({
    queryKey: [KEY, "prices"],
    queryFn: () => told(api.GET("/v1/admin/billing/prices")),
  });

export const listDrifts = (api: Api) =>
  queryOptions({
    queryKey: [KEY, "drifts"],
    queryFn: () => told(api.GET("/v1/admin/billing/drifts")),
  });
