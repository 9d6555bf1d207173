import { keepPreviousData, queryOptions } from "@tanstack/react-query";

import { fileOf } from "@/console/files";
import { chosen, type Search } from "@/console/search";
import { type Api, told } from "@/shared/api";
import type { components } from "@/shared/schema";

type Schemas = components["schemas"];
export type InboundEvent = Schemas["InboundEvent"];
export type InboundEventDetail = Schemas["InboundEventDetail"];
export type Settings = Schemas["BlackboxSettings"];
export type Usage = Schemas["BlackboxUsage"];
export type Prune = Schemas["Prune"];
export type Judgement = Schemas["Judgement"];
export type Replayed = Schemas["Replayed"];

const FILTERS = ["portal_id", "trace_id", "domain", "event", "outcome", "reason", "since", "until"] as const;

export const listInbound = (api: Api, search: Search) => {
  const query = chosen(search, [...FILTERS, "cursor"]);
  return queryOptions({
    queryKey: ["inbound_events", "list", query],
    queryFn: () => told(api.GET("/v1/admin/inbound-events", { params: { query } })),
    placeholderData: keepPreviousData,
  });
};

export const inboundFile = (api: Api, search: Search) => {
  const query = chosen(search, FILTERS);
  return fileOf(api.GET("/v1/admin/inbound-events.csv", { params: { query }, parseAs: "stream" }));
};

export const oneInbound = (api: Api, event_id: string) =>
  queryOptions({
    queryKey: ["inbound_events", "one", event_id],
    queryFn: () => told(api.GET("/v1/admin/inbound-events/{event_id}", { params: { path: { event_id } } })),
  });

export const usage = (api: Api) =>
  queryOptions({
    queryKey: ["inbound_events", "usage"],
    queryFn: () => told(api.GET("/v1/admin/inbound-events/usage")),
  });

export const settings = (api: Api) =>
  queryOptions({
    queryKey: ["inbound_events", "settings"],
    queryFn: () => told(api.GET("/v1/admin/settings/inbound-events")),
  });

export const save = (api: Api, body: Settings) => told(api.PUT("/v1/admin/settings/inbound-events", { body }));

export const prune = (api: Api, body: Prune) => told(api.POST("/v1/admin/inbound-events/prune", { body }));

/** Run a request through today's code: only to look (`dry_run`), or for good. */
export const replay = (api: Api, event_id: string, dry_run: boolean): Promise<Replayed> =>
  told(api.POST("/v1/admin/inbound-events/{event_id}/replay", { params: { path: { event_id } }, body: { dry_run } }));
