import { keepPreviousData, queryOptions } from "@tanstack/react-query";

import { chosen, type Search } from "@/console/search";
import { type Api, told } from "@/shared/api";
import type { components } from "@/shared/schema";

export type AuditEntry = components["schemas"]["AuditEntry"];

const NAMES = ["portal_id", "admin_id", "action", "since", "until", "cursor"] as const;

export const listAudit = (api: Api, search: Search) => {
  const query = chosen(search, NAMES);
  return queryOptions({
    queryKey: ["audit", query],
    queryFn: () => told(api.GET("/v1/admin/audit", { params: { query } })),
    placeholderData: keepPreviousData,
  });
};
