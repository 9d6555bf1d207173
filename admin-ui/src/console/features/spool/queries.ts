import { keepPreviousData, queryOptions } from "@tanstack/react-query";

import { fileOf } from "@/console/files";
import { chosen, type Search } from "@/console/search";
import { type Api, told } from "@/shared/api";
import type { components } from "@/shared/schema";

export type SpoolState = components["schemas"]["SpoolState"];
export type SetAsideEvent = components["schemas"]["SetAsideEvent"];

const EVERY_MS = 5000;
const NAMES = ["trace_id", "since", "until"] as const;

export const spoolState = (api: Api) =>
  queryOptions({
    queryKey: ["spool"],
    queryFn: () => told(api.GET("/v1/admin/spool")),
    refetchInterval: EVERY_MS,
  });

export const listSetAside = (api: Api, search: Search) => {
  const query = chosen(search, [...NAMES, "cursor"]);
  return queryOptions({
    queryKey: ["spool", "set_aside", query],
    queryFn: () => told(api.GET("/v1/admin/spool/set-aside", { params: { query } })),
    refetchInterval: EVERY_MS,
    placeholderData: keepPreviousData,
  });
};

export const setAsideFile = (api: Api, search: Search) =>
  fileOf(api.GET("/v1/admin/spool/set-aside.csv", { params: { query: chosen(search, NAMES) }, parseAs: "stream" }));

export const requeue = (api: Api, record_id: string) =>
  told(api.POST("/v1/admin/spool/set-aside/{record_id}/requeue", { params: { path: { record_id } } }));
