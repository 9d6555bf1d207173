import { queryOptions } from "@tanstack/react-query";

import { unlessFollowed } from "@/console/live";
import { type Api, told } from "@/shared/api";
import type { components } from "@/shared/schema";

export type Component = components["schemas"]["Component"];
export type Queue = components["schemas"]["Queue"];
export type Pause = components["schemas"]["QueuePause"];
export type Worker = components["schemas"]["Worker"];

const EVERY_MS = 5000;

export const systemHealth = (api: Api) =>
  queryOptions({
    queryKey: ["system", "health"],
    queryFn: () => told(api.GET("/v1/admin/system/health")),
    refetchInterval: unlessFollowed(2 * EVERY_MS),
  });

export const listQueues = (api: Api) =>
  queryOptions({
    queryKey: ["system", "queues"],
    queryFn: () => told(api.GET("/v1/admin/system/queue")),
    refetchInterval: unlessFollowed(EVERY_MS),
  });

export const listWorkers = (api: Api) =>
  queryOptions({
    queryKey: ["system", "workers"],
    queryFn: () => told(api.GET("/v1/admin/system/workers")),
    refetchInterval: EVERY_MS,
  });

/** Queues whose part of a portal can rest; the gateway's own cannot, it holds what nobody else has yet. */
export const PAUSABLE = ["messaging", "delivery", "knowledge"] as const;
export type Pausable = (typeof PAUSABLE)[number];

export const listPauses = (api: Api, portal_id?: string) =>
  queryOptions({
    queryKey: ["system", "pauses", portal_id],
    queryFn: () =>
      told(api.GET("/v1/admin/system/pauses", { params: { query: portal_id === undefined ? {} : { portal_id } } })),
    refetchInterval: 2 * EVERY_MS,
  });

export const pauseQueue = (api: Api, portal_id: string, queue: Pausable, reason: string) =>
  told(
    api.POST("/v1/admin/portals/{portal_id}/queues/{queue}/pause", {
      params: { path: { portal_id, queue } },
      body: { reason },
    }),
  );

export const resumeQueue = (api: Api, portal_id: string, queue: Pausable) =>
  told(api.POST("/v1/admin/portals/{portal_id}/queues/{queue}/resume", { params: { path: { portal_id, queue } } }));
