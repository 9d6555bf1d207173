import { keepPreviousData, queryOptions } from "@tanstack/react-query";

import { chosen, type Search } from "@/console/search";
import { type Api, told } from "@/shared/api";
import type { components } from "@/shared/schema";

type Schemas = components["schemas"];
export type Employee = Schemas["PortalEmployee"];
export type Document = Schemas["Document"];
export type Unsatisfied = Schemas["Unsatisfied"];
export type LifeEntry = Schemas["LifeEntry"];
export type Change = Schemas["PortalChange"];

export const DOCUMENT_STATES = ["uploaded", "extracting", "indexing", "ready", "failed"] as const;

const of = (portal_id: string) => ({ portal_id });

export const listEmployees = (api: Api, portal_id: string, search: Search) => {
  const query = { ...chosen(search, ["query", "cursor"]), allowed: search.people !== "all" };
  return queryOptions({
    queryKey: ["portal", portal_id, "employees", query],
    queryFn: () => told(api.GET("/v1/admin/portals/{portal_id}/employees", { params: { path: of(portal_id), query } })),
    placeholderData: keepPreviousData,
    staleTime: 60_000,
  });
};

export const departments = (api: Api, portal_id: string) =>
  queryOptions({
    queryKey: ["portal", portal_id, "departments"],
    queryFn: () => told(api.GET("/v1/admin/portals/{portal_id}/departments", { params: { path: of(portal_id) } })),
    staleTime: 60_000,
    retry: false,
  });

/** Why a document failed is said in the language of the console. */
export const listDocuments = (api: Api, portal_id: string, search: Search, language: string) => {
  const state = DOCUMENT_STATES.find((one) => one === search.state);
  const query = { ...chosen(search, ["query", "since", "until", "cursor"]), ...(state && { state }) };
  return queryOptions({
    queryKey: ["portal", portal_id, "documents", query, language],
    queryFn: () => {
      const params = { path: of(portal_id), query };
      const headers = { "Accept-Language": language };
      return told(api.GET("/v1/admin/portals/{portal_id}/documents", { params, headers }));
    },
    placeholderData: keepPreviousData,
    refetchInterval: 10_000,
  });
};

export const listUnsatisfied = (api: Api, portal_id: string, kind: "unanswered" | "badly_rated", search: Search) => {
  const query = { ...chosen(search, ["since", "until", "cursor"]), kind };
  return queryOptions({
    queryKey: ["portal", portal_id, "unsatisfied", query],
    queryFn: () =>
      told(api.GET("/v1/admin/portals/{portal_id}/unsatisfied", { params: { path: of(portal_id), query } })),
    placeholderData: keepPreviousData,
  });
};

export const listLife = (api: Api, portal_id: string, search: Search) => {
  const query = chosen(search, ["since", "until", "cursor"]);
  return queryOptions({
    queryKey: ["portal", portal_id, "life", query],
    queryFn: () => told(api.GET("/v1/admin/portals/{portal_id}/life", { params: { path: of(portal_id), query } })),
    placeholderData: keepPreviousData,
  });
};

export const changePortal = (api: Api, portal_id: string, body: Change) =>
  told(api.PATCH("/v1/admin/portals/{portal_id}", { params: { path: of(portal_id) }, body }));
