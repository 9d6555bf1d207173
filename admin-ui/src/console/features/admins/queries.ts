import { keepPreviousData, queryOptions } from "@tanstack/react-query";

import { fileOf } from "@/console/files";
import { chosen, type Search } from "@/console/search";
import { type Api, told } from "@/shared/api";
import { problemOf, problemOfSilence } from "@/shared/problem";
import type { components } from "@/shared/schema";

type Schemas = components["schemas"];
export type Admin = Schemas["AdminAccount"];
export type NewAdmin = Schemas["NewAccount"];
export type AdminChange = Schemas["AccountChange"];

export const ROLES = ["owner", "operator", "viewer"] as const;

export const listAdmins = (api: Api, search: Search) => {
  const query = chosen(search, ["query", "since", "until", "cursor"]);
  return queryOptions({
    queryKey: ["admins", query],
    queryFn: () => told(api.GET("/v1/admin/users", { params: { query } })),
    placeholderData: keepPreviousData,
  });
};

export const adminFile = (api: Api, search: Search) => {
  const query = chosen(search, ["query", "since", "until"]);
  return fileOf(api.GET("/v1/admin/users.csv", { params: { query }, parseAs: "stream" }));
};

export const createAdmin = (api: Api, body: NewAdmin) => told(api.POST("/v1/admin/users", { body }));

export const changeAdmin = (api: Api, user_id: string, body: AdminChange) =>
  told(api.PATCH("/v1/admin/users/{user_id}", { params: { path: { user_id } }, body }));

export async function removeAdmin(api: Api, user_id: string): Promise<void> {
  const path = { user_id };
  const { error, response } = await api
    .DELETE("/v1/admin/users/{user_id}", { params: { path } })
    .catch((silence: unknown) => {
      throw problemOfSilence(silence);
    });
  if (!response.ok) throw problemOf(response, error);
}
