import { queryOptions } from "@tanstack/react-query";

import { type Api, told } from "@/shared/api";
import type { components } from "@/shared/schema";

export type Component = components["schemas"]["Component"];
export type Queue = components["schemas"]["Queue"];
export type Worker = components["schemas"]["Worker"];

const EVERY_MS = 5000;

export const systemHealth = (api: Api) =>
  queryOptions({
    queryKey: ["system", "health"],
    queryFn: () => told(api.GET("/v1/admin/system/health")),
    refetchInterval: 2 * EVERY_MS,
  });

export const listQueues = (api: Api) =>
  queryOptions({
    queryKey: ["system", "queues"],
    queryFn: () => told(api.GET("/v1/admin/system/queue")),
    refetchInterval: EVERY_MS,
  });

export const listWorkers = (api: Api) =>
  queryOptions({
    queryKey: ["system", "workers"],
    queryFn: () => told(api.GET("/v1/admin/system/workers")),
    refetchInterval: EVERY_MS,
  });
