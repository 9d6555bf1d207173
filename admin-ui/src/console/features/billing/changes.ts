import { useMutation, useQueryClient } from "@tanstack/react-query";

import type { PlanChange, PriceChange } from "@/console/features/billing/queries";
import { fileOf } from "@/console/files";
import { chosen, type Search } from "@/console/search";
import { type Api, told } from "@/shared/api";

/** An action after which everything of billing is asked for again. */
export function useBillingChange<Done>(change: () => Promise<Done>) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: change,
    onSuccess: () => queries.invalidateQueries({ queryKey: ["billing"] }),
  });
}

export const createPlan = (api: Api, body: PlanChange) => told(api.POST("/v1/admin/billing/plans", { body }));

export const changePlan = (api: Api, body: PlanChange) => told(api.PATCH("/v1/admin/billing/plans", { body }));

export const setPrice = (api: Api, body: PriceChange) => told(api.PUT("/v1/admin/billing/prices", { body }));

export const recount = (api: Api, portal_id: string) =>
  told(api.POST("/v1/admin/billing/portals/{portal_id}/recount", { params: { path: { portal_id } } }));

/** Every counted unit of the days as a file; `until` is a day that is included. */
export function usageFile(api: Api, search: Search): Promise<Blob> {
  const { since, until } = chosen(search, ["since", "until"]);
  const query = {
    ...(since ? { since: `${since}T00:00:00Z` } : {}),
    ...(until ? { until: new Date(Date.parse(`${until}T00:00:00Z`) + 86_400_000).toISOString() } : {}),
  };
  return fileOf(api.GET("/v1/admin/billing/usage.csv", { params: { query }, parseAs: "stream" }));
}
