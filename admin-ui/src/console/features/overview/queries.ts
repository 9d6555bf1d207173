import { queryOptions } from "@tanstack/react-query";

import { type Api, told } from "@/shared/api";

const EVERY_MS = 10_000;
const HOUR_MS = 3_600_000;
const MOST = 200;

export const portalTotals = (api: Api) =>
  queryOptions({
    queryKey: ["portals", "totals"],
    queryFn: async () => (await told(api.GET("/v1/admin/portals", { params: { query: { limit: 1 } } }))).totals,
    refetchInterval: EVERY_MS,
  });

export const deadLetters = (api: Api) =>
  queryOptions({
    queryKey: ["outbox", "dead"],
    queryFn: async () => {
      const body = { filter: { cause: "" }, dry_run: true };
      return (await told(api.POST("/v1/admin/outbox/retry", { body }))).matched;
    },
    refetchInterval: EVERY_MS,
  });

/** How quickly events were answered and replies sent in the last hour. */
export const pace = (api: Api) =>
  queryOptions({
    queryKey: ["system", "pace"],
    queryFn: () => told(api.GET("/v1/admin/system/pace")),
    refetchInterval: EVERY_MS,
  });

/** How many messages the last hour had; `more`: at least as many. */
export const lastHour = (api: Api, filter: { direction?: "rx" | "tx"; state?: string }) =>
  queryOptions({
    queryKey: ["messages", "last_hour", filter],
    queryFn: async () => {
      const query = { ...filter, since: hourAgo(), limit: MOST };
      const { items, next_cursor } = await told(api.GET("/v1/admin/messages", { params: { query } }));
      return { count: items.length, more: next_cursor !== null };
    },
    refetchInterval: EVERY_MS,
  });

export const hourAgo = (): string => new Date(Date.now() - HOUR_MS).toISOString();
