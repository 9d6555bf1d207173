import { type QueryClient, useQueryClient } from "@tanstack/react-query";
import { EventSourceParserStream } from "eventsource-parser/stream";
import { useEffect } from "react";

import { useApi } from "@/console/context";
import type { Api } from "@/shared/api";
import type { components } from "@/shared/schema";

type Schemas = components["schemas"];
interface Seen {
  health: Schemas["SystemHealth"];
  queues: Schemas["Queues"];
}

const AGAIN_MS = 1000;
let isFollowed = false;

/** For queries that the stream keeps up to date: asked time and again only while there is none. */
export const unlessFollowed = (every_ms: number) => () => (isFollowed ? false : every_ms);

/** Have health and queues follow what happens for as long as a page is open. */
export function useLive() {
  const api = useApi();
  const queries = useQueryClient();
  useEffect(() => {
    const leaving = new AbortController();
    void follow(api, queries, leaving.signal);
    return () => leaving.abort();
  }, [api, queries]);
}

async function follow(api: Api, queries: QueryClient, leaving: AbortSignal): Promise<void> {
  while (!leaving.aborted) {
    try {
      await take(api, queries, leaving);
    } catch {
      // Whatever ended it, polling goes on, and tells of what is wrong.
    } finally {
      isFollowed = false;
    }
    await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
  }
}

/** Take what one stream tells, until it ends. */
async function take(api: Api, queries: QueryClient, leaving: AbortSignal): Promise<void> {
  const headers = { accept: "text/event-stream" };
  const { response } = await api.GET("/v1/admin/system/live", { parseAs: "stream", headers, signal: leaving });
  if (!response.ok || !response.body) throw new Error(response.statusText);
  const events = response.body.pipeThrough(new TextDecoderStream()).pipeThrough(new EventSourceParserStream());
  const reader = events.getReader();
  for (let next = await reader.read(); !next.done; next = await reader.read()) {
    const { health, queues } = JSON.parse(next.value.data) as Seen;
    isFollowed = true;
    queries.setQueryData(["system", "health"], health);
    queries.setQueryData(["system", "queues"], queues);
  }
}
