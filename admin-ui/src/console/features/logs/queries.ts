import { keepPreviousData, queryOptions } from "@tanstack/react-query";

import { fileOf } from "@/console/files";
import { chosen, type Search } from "@/console/search";
import { type Api, told } from "@/shared/api";
import type { components } from "@/shared/schema";

export const STREAMS = ["backend", "worker", "nginx"] as const;
export type Stream = (typeof STREAMS)[number];
export type LogLine = components["schemas"]["LogLine"] & { id: string };

interface Lines {
  items: LogLine[];
  next_cursor: string | null;
  /** When the server read them, by its own clock; 0 where nothing tells. */
  readAt: number;
}

const FILTERS = ["level", "service", "trace_id", "portal_id", "q", "since", "until"] as const;
const NAMES = [...FILTERS, "cursor"] as const;
const EVERY_MS = 2000;
/** A proxy keeps lines for as long before it writes them. */
const LATE_MS = 12_000;
const PAGE = 200;
const MOST = 1000;

/** Lines of a stream; while they are followed, only what may be new is asked for, and put before what is known. */
export const listLines = (api: Api, stream: Stream, search: Search, isFollowed: boolean) => {
  const filter = chosen(search, NAMES);
  const queryKey = ["logs", stream, filter];
  return queryOptions({
    queryKey,
    queryFn: async ({ client }): Promise<Lines> => {
      const known = client.getQueryData<Lines>(queryKey);
      if (!known?.readAt || filter.cursor) return read(api, stream, filter);
      const from = new Date(Math.max(known.readAt - LATE_MS, Date.parse(filter.since ?? "") || 0));
      const fresh = await read(api, stream, { ...filter, since: from.toISOString() });
      return fresh.next_cursor ? fresh : joined(fresh, known, from.getTime());
    },
    refetchInterval: isFollowed ? EVERY_MS : false,
    staleTime: isFollowed ? 0 : Infinity,
    placeholderData: keepPreviousData,
  });
};

export const lineFile = (api: Api, stream: Stream, search: Search) => {
  const query: Record<string, string> = chosen(search, FILTERS);
  return fileOf(api.GET("/v1/admin/logs/{stream}.csv", { params: { path: { stream }, query }, parseAs: "stream" }));
};

/** What is known, with all of a while in its newest state. */
export function joined(fresh: Lines, known: Lines, from: number): Lines {
  const items = [...fresh.items, ...known.items.filter(({ at }) => Date.parse(at) < from)].slice(0, MOST);
  return { items, next_cursor: known.next_cursor, readAt: fresh.readAt };
}

async function read(api: Api, stream: Stream, query: Record<string, string>): Promise<Lines> {
  const asked = api.GET("/v1/admin/logs/{stream}", { params: { path: { stream }, query: { ...query, limit: PAGE } } });
  const { items, next_cursor } = await told(asked);
  const now = (await asked).response.headers.get("date") ?? items[0]?.at ?? "";
  return { items: numbered(items), next_cursor, readAt: Date.parse(now) || 0 };
}

/** Lines have no id: it is their moment and words, and how many of the same were written before. */
export function numbered(lines: components["schemas"]["LogLine"][]): LogLine[] {
  const seen = new Map<string, number>();
  return lines
    .toReversed()
    .map((line) => {
      const key = `${line.at} ${line.service} ${line.event}`;
      const count = (seen.get(key) ?? 0) + 1;
      seen.set(key, count);
      return { ...line, id: `${key} ${count}` };
    })
    .toReversed();
}
