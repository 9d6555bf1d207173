import { keepPreviousData, queryOptions } from "@tanstack/react-query";

import { fileOf } from "@/console/files";
import { chosen, type Search } from "@/console/search";
import { type Api, told } from "@/shared/api";
import type { components } from "@/shared/schema";

export type OutboxItem = components["schemas"]["OutboxItem"];
export type OutboxItemDetail = components["schemas"]["OutboxItemDetail"];

const FILTERS = ["portal_id", "dialog_id", "trace_id", "state", "cause", "since", "until"] as const;

export const listOutbox = (api: Api, search: Search) => {
  const query = chosen(search, [...FILTERS, "cursor"]);
  return queryOptions({
    queryKey: ["outbox", "list", query],
    queryFn: () => told(api.GET("/v1/admin/outbox", { params: { query } })),
    placeholderData: keepPreviousData,
  });
};

export const outboxFile = (api: Api, search: Search) => {
  const query = chosen(search, FILTERS);
  return fileOf(api.GET("/v1/admin/outbox.csv", { params: { query }, parseAs: "stream" }));
};

export const oneItem = (api: Api, item_id: string) =>
  queryOptions({
    queryKey: ["outbox", "item", item_id],
    queryFn: () => told(api.GET("/v1/admin/outbox/{item_id}", { params: { path: { item_id } } })),
  });

export const retryOne = (api: Api, item_id: string) =>
  told(api.POST("/v1/admin/outbox/{item_id}/retry", { params: { path: { item_id } } }));

/** Count the dead letters of a filter (`dry_run`), or take them up. */
export function retryMany(api: Api, search: Search, dry_run: boolean) {
  const filter = { ...chosen(search, ["portal_id", "dialog_id", "since", "until"]), cause: search.cause ?? "" };
  return told(api.POST("/v1/admin/outbox/retry", { body: { filter, dry_run } }));
}
