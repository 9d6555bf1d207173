import { keepPreviousData, queryOptions } from "@tanstack/react-query";

import { fileOf } from "@/console/files";
import { chosen, type Search } from "@/console/search";
import { type Api, told } from "@/shared/api";
import type { components } from "@/shared/schema";

type Schemas = components["schemas"];
export type Employee = Schemas["PortalEmployee"];
export type Document = Schemas["Document"];
export type Unsatisfied = Schemas["Unsatisfied"];
export type LifeEntry = Schemas["LifeEntry"];
export type Change = Schemas["PortalChange"];
export type Access = Schemas["AllowedUsersChange"];

export const DOCUMENT_STATES = ["uploaded", "extracting", "indexing", "ready", "failed"] as const;

const of = (portal_id: string) => ({ portal_id });

const employeeFilters = (search: Search) => ({ ...chosen(search, ["query"]), allowed: search.people !== "all" });

export const listEmployees = (api: Api, portal_id: string, search: Search) => {
  const query = { ...employeeFilters(search), ...chosen(search, ["cursor"]) };
  return queryOptions({
    queryKey: ["portal", portal_id, "employees", query],
    queryFn: () => told(api.GET("/v1/admin/portals/{portal_id}/employees", { params: { path: of(portal_id), query } })),
    placeholderData: keepPreviousData,
    staleTime: 60_000,
  });
};

export const employeesFile = (api: Api, portal_id: string, search: Search) => {
  const params = { path: of(portal_id), query: employeeFilters(search) };
  return fileOf(api.GET("/v1/admin/portals/{portal_id}/employees.csv", { params, parseAs: "stream" }));
};

export const departments = (api: Api, portal_id: string) =>
  queryOptions({
    queryKey: ["portal", portal_id, "departments"],
    queryFn: () => told(api.GET("/v1/admin/portals/{portal_id}/departments", { params: { path: of(portal_id) } })),
    staleTime: 60_000,
    retry: false,
  });

const documentFilters = (search: Search) => {
  const state = DOCUMENT_STATES.find((one) => one === search.state);
  return { ...chosen(search, ["query", "since", "until"]), ...(state && { state }) };
};

/** Why a document failed is said in the language of the console. */
export const listDocuments = (api: Api, portal_id: string, search: Search, language: string) => {
  const query = { ...documentFilters(search), ...chosen(search, ["cursor"]) };
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

export const documentFile = (api: Api, portal_id: string, search: Search, language: string) => {
  const params = { path: of(portal_id), query: documentFilters(search) };
  const headers = { "Accept-Language": language };
  return fileOf(api.GET("/v1/admin/portals/{portal_id}/documents.csv", { params, headers, parseAs: "stream" }));
};

type Kind = "unanswered" | "badly_rated";

export const listUnsatisfied = (api: Api, portal_id: string, kind: Kind, search: Search) => {
  const query = { ...chosen(search, ["since", "until", "cursor"]), kind };
  return queryOptions({
    queryKey: ["portal", portal_id, "unsatisfied", query],
    queryFn: () =>
      told(api.GET("/v1/admin/portals/{portal_id}/unsatisfied", { params: { path: of(portal_id), query } })),
    placeholderData: keepPreviousData,
  });
};

export const unsatisfiedFile = (api: Api, portal_id: string, kind: Kind, search: Search) => {
  const params = { path: of(portal_id), query: { ...chosen(search, ["since", "until"]), kind } };
  return fileOf(api.GET("/v1/admin/portals/{portal_id}/unsatisfied.csv", { params, parseAs: "stream" }));
};

export const listLife = (api: Api, portal_id: string, search: Search) => {
  const query = chosen(search, ["since", "until", "cursor"]);
  return queryOptions({
    queryKey: ["portal", portal_id, "life", query],
    queryFn: () => told(api.GET("/v1/admin/portals/{portal_id}/life", { params: { path: of(portal_id), query } })),
    placeholderData: keepPreviousData,
  });
};

export const lifeFile = (api: Api, portal_id: string, search: Search) => {
  const params = { path: of(portal_id), query: chosen(search, ["since", "until"]) };
  return fileOf(api.GET("/v1/admin/portals/{portal_id}/life.csv", { params, parseAs: "stream" }));
};

export const changePortal = (api: Api, portal_id: string, body: Change) =>
  told(api.PATCH("/v1/admin/portals/{portal_id}", { params: { path: of(portal_id) }, body }));
