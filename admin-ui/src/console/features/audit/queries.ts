import { keepPreviousData, queryOptions } from "@tanstack/react-query";

import { fileOf } from "@/console/files";
import { chosen, type Search } from "@/console/search";
import { type Api, told } from "@/shared/api";
import type { components } from "@/shared/schema";

export type AuditEntry = components["schemas"]["AuditEntry"];

const FILTERS = ["portal_id", "admin_id", "action", "since", "until"] as const;

export const listAudit = (api: Api, search: Search) => {
  const query = chosen(search, [...FILTERS, "cursor"]);
  return queryOptions({
    queryKey: ["audit", query],
    queryFn: () => told(api.GET("/v1/admin/audit", { params: { query } })),
    placeholderData: keepPreviousData,
  });
};

export const auditFile = (api: Api, search: Search) => {
  const query = chosen(search, FILTERS);
  return fileOf(api.GET("/v1/admin/audit.csv", { params: { query }, parseAs: "stream" }));
};
