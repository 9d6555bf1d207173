import { keepPreviousData, queryOptions } from "@tanstack/react-query";

import { fileOf } from "@/console/files";
import { chosen, type Search } from "@/console/search";
import { type Api, told } from "@/shared/api";
import type { components } from "@/shared/schema";

type Schemas = components["schemas"];
export type Detail = Schemas["SubscriptionDetail"];
export type Change = Schemas["SubscriptionChange"];
export type Entry = Schemas["SubscriptionEntry"];
export type Statement = Schemas["Statement"];
export type UsageEvent = Schemas["UsageEvent"];

export const oneSubscription = (api: Api, portal_id: string) =>
  queryOptions({
    queryKey: ["billing", "portal", portal_id],
    queryFn: () => told(api.GET("/v1/admin/billing/portals/{portal_id}", { params: { path: { portal_id } } })),
  });

export const changeSubscription = (api: Api, portal_id: string, body: Change) =>
  told(api.PUT("/v1/admin/billing/portals/{portal_id}", { params: { path: { portal_id } }, body }));

export const statementAt = (api: Api, portal_id: string, at: string) =>
  queryOptions({
    queryKey: ["billing", "statement", portal_id, at],
    queryFn: () =>
      told(
        api.GET("/v1/admin/billing/portals/{portal_id}/statement", { params: { path: { portal_id }, query: { at } } }),
      ),
  });

export const listEvents = (api: Api, portal_id: string, search: Search) => {
  const query = chosen(search, ["since", "until", "cursor"]);
  return queryOptions({
    queryKey: ["billing", "events", portal_id, query],
    queryFn: () =>
      told(api.GET("/v1/admin/billing/portals/{portal_id}/events", { params: { path: { portal_id }, query } })),
    placeholderData: keepPreviousData,
  });
};

/** Without a beginning the file would hold a month only; no unit is older than this. */
const THE_FIRST = "2026-01-01T00:00:00Z";

export const eventFile = (api: Api, portal_id: string, search: Search) => {
  const query = { portal_id, since: THE_FIRST, ...chosen(search, ["since", "until"]) };
  return fileOf(api.GET("/v1/admin/billing/usage.csv", { params: { query }, parseAs: "stream" }));
};
