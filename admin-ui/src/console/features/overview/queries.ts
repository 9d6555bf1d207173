import { queryOptions } from "@tanstack/react-query";

import { type Api, told } from "@/shared/api";
import { problemOf, problemOfSilence } from "@/shared/problem";

const EVERY_MS = 10_000;
const HOUR_MS = 3_600_000;
const MOST = 200;

/** What /ready tells; the API gives it no shape. */
export interface Readiness {
  status: "ready" | "not_ready";
  failing: string[];
}

/** Whether every dependency answers: 503 is an answer too. */
export const readiness = () =>
  queryOptions({
    queryKey: ["ready"],
    queryFn: async () => {
      const answer = await fetch("/ready").catch((silence: unknown) => {
        throw problemOfSilence(silence);
      });
      const told: unknown = await answer.json().catch(() => undefined);
      if (typeof told === "object" && told !== null && "failing" in told) return told as Readiness;
      throw problemOf(answer, told);
    },
    refetchInterval: EVERY_MS,
  });

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
