import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";

import { fileOf } from "@/console/files";
import { chosen, type Search } from "@/console/search";
import { type Api, told } from "@/shared/api";
import type { components } from "@/shared/schema";

export type Dialog = components["schemas"]["Dialog"];
export type Message = components["schemas"]["Message"];
export type Explanation = components["schemas"]["Explanation"];

const DIALOG_FILTERS = ["portal_id", "since", "until"] as const;
const MESSAGE_FILTERS = ["portal_id", "dialog_id", "trace_id", "state", "direction", "since", "until"] as const;

export const listDialogs = (api: Api, search: Search) => {
  const query = chosen(search, [...DIALOG_FILTERS, "cursor"]);
  return queryOptions({
    queryKey: ["dialogs", query],
    queryFn: () => told(api.GET("/v1/admin/dialogs", { params: { query } })),
    placeholderData: keepPreviousData,
  });
};

export const dialogsFile = (api: Api, search: Search) => {
  const query = chosen(search, DIALOG_FILTERS);
  return fileOf(api.GET("/v1/admin/dialogs.csv", { params: { query }, parseAs: "stream" }));
};

export const listMessages = (api: Api, search: Search) => {
  const query = chosen(search, [...MESSAGE_FILTERS, "cursor"]);
  return queryOptions({
    queryKey: ["messages", query],
    queryFn: () => told(api.GET("/v1/admin/messages", { params: { query } })),
    placeholderData: keepPreviousData,
  });
};

export const messagesFile = (api: Api, search: Search) => {
  const query = chosen(search, MESSAGE_FILTERS);
  return fileOf(api.GET("/v1/admin/messages.csv", { params: { query }, parseAs: "stream" }));
};

export const oneDialog = (api: Api, dialog_id: string) =>
  queryOptions({
    queryKey: ["dialog", dialog_id],
    queryFn: () => told(api.GET("/v1/admin/dialogs/{dialog_id}", { params: { path: { dialog_id } } })),
  });

/** What was said in a dialog, newest first; earlier pages as they are asked for. */
export const transcript = (api: Api, dialog_id: string) =>
  infiniteQueryOptions({
    queryKey: ["dialog", dialog_id, "messages"],
    queryFn: ({ pageParam }) => {
      const query = pageParam ? { cursor: pageParam } : {};
      return told(api.GET("/v1/admin/dialogs/{dialog_id}/messages", { params: { path: { dialog_id }, query } }));
    },
    initialPageParam: "",
    getNextPageParam: (page) => page.next_cursor,
    refetchInterval: 10_000,
  });

/** Why a question was answered as it was: what is kept of it stands under the question's id. */
export const explanation = (api: Api, message_id: string, portal_id: string) =>
  queryOptions({
    queryKey: ["explanation", message_id],
    queryFn: () =>
      told(
        api.GET("/v1/admin/messages/{message_id}/explanation", {
          params: { path: { message_id }, query: { portal_id } },
        }),
      ),
    staleTime: Infinity,
  });
