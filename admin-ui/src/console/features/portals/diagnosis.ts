import { queryOptions } from "@tanstack/react-query";

import { type Api, told } from "@/shared/api";
import type { components } from "@/shared/schema";

export type Check = components["schemas"]["Check"];
export type Diagnosis = components["schemas"]["Diagnosis"];
export type Mended = components["schemas"]["Mended"];

/** It asks the portal too, so it is made when somebody wants it, and not again by itself. */
export const diagnosis = (api: Api, portal_id: string) =>
  queryOptions({
    queryKey: ["diagnosis", portal_id],
    queryFn: (): Promise<Diagnosis> =>
      told(api.POST("/v1/admin/portals/{portal_id}/diagnostics", { params: { path: { portal_id } } })),
    staleTime: Infinity,
  });

export const attemptFix = (api: Api, portal_id: string): Promise<Mended> =>
  told(api.POST("/v1/admin/portals/{portal_id}/attempt-fix", { params: { path: { portal_id } } }));
