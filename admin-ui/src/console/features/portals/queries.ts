import { keepPreviousData, queryOptions } from "@tanstack/react-query";

import { fileOf } from "@/console/files";
import { chosen, type Search } from "@/console/search";
import { type Api, told } from "@/shared/api";
import type { components } from "@/shared/schema";

export type Portal = components["schemas"]["Portal"];

const FILTERS = ["query", "status", "health", "since", "until"] as const;

export const listPortals = (api: Api, search: Search, limit = 50) => {
  const query = { ...chosen(search, [...FILTERS, "cursor"]), limit };
  return queryOptions({
    queryKey: ["portals", query],
    queryFn: () => told(api.GET("/v1/admin/portals", { params: { query } })),
    placeholderData: keepPreviousData,
  });
};

export const portalsFile = (api: Api, search: Search) => {
  const query = chosen(search, FILTERS);
  return fileOf(api.GET("/v1/admin/portals.csv", { params: { query }, parseAs: "stream" }));
};

export const readPortal = (api: Api, portal_id: string) =>
  told(api.GET("/v1/admin/portals/{portal_id}", { params: { path: { portal_id } } }));

export const onePortal = (api: Api, portal_id: string) =>
  queryOptions({ queryKey: ["portal", portal_id], queryFn: () => readPortal(api, portal_id) });
