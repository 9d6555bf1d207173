import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useRef } from "react";

import type { PlanChange, PriceChange } from "@/console/features/billing/queries";
import { fileOf } from "@/console/files";
import { chosen, type Search } from "@/console/search";
import { type Api, told } from "@/shared/api";
import { requestId } from "@/shared/request-id";

/** Gives what is asked for an id: asked for again after a silence, it is done once. */
type Once = <Body extends object>(body: Body) => Body & { request_id: string };

/** An action after which everything of billing is asked for again. */
export function useBillingChange<Done>(change: (once: Once) => Promise<Done>) {
  const queries = useQueryClient();
  const asked = useRef({ body: "", id: "" });
  const once: Once = (body) => {
    const text = JSON.stringify(body);
    if (asked.current.body !== text) asked.current = { body: text, id: requestId() };
    return { ...body, request_id: asked.current.id };
  };
  return useMutation({
    mutationFn: () => change(once),
    onSuccess: () => {
      asked.current = { body: "", id: "" };
      return queries.invalidateQueries({ queryKey: ["billing"] });
    },
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
