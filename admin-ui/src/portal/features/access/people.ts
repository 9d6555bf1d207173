/** People as the pages show them, and every request about them. */
import { keepPreviousData, useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import type { Allowed, Employee, Person } from "@/portal/api";
import { useSurroundings } from "@/portal/context";
import { type Api, told } from "@/portal/session";

/** Who is chosen, by id: as much of each as we know. */
export type Chosen = ReadonlyMap<number, Person>;

const PAGE = 50;
const LARGEST_PAGE = 200;
const PAGES_FOR_NAMES = 3; // who is not named within them is shown by the id

export const nobody: Chosen = new Map();

/** The chosen ones of a saved list: ids, whose names are looked up (`useNames`). */
export const chosenOf = ({ user_ids }: Allowed): Chosen =>
  new Map(user_ids.map((id) => [id, { id, name: "", last_name: "", position: "" }]));

/** How a person is called in the pages' language. */
export function useFullName(): (person: Person) => string {
  const { t } = useTranslation();
  return ({ id, name, last_name }) => `${name} ${last_name}`.trim() || t("common.unknown_person", { id });
}

interface Page {
  items: Employee[];
  next_cursor: string | null;
}

const page = (api: Api, query: string, cursor: string, limit: number): Promise<Page> =>
  told(
    api.GET("/v1/portal/users", { params: { query: { limit, ...(query && { query }), ...(cursor && { cursor }) } } }),
  );

/** The employees that a search finds, page by page. */
export function useEmployees(query: string) {
  const { api } = useSurroundings().session;
  return useInfiniteQuery({
    queryKey: ["employees", query],
    queryFn: ({ pageParam }) => page(api, query, pageParam, PAGE),
    initialPageParam: "",
    getNextPageParam: (last) => last.next_cursor ?? undefined,
    placeholderData: keepPreviousData,
  });
}

/** All that a search finds, to the last page. */
export async function everyone(api: Api, query: string, onProgress: (count: number) => void): Promise<Employee[]> {
  const found: Employee[] = [];
  let cursor: string | null = "";
  while (cursor !== null) {
    const { items, next_cursor }: Page = await page(api, query, cursor, LARGEST_PAGE);
    found.push(...items);
    onProgress(found.length);
    cursor = next_cursor;
  }
  return found;
}

/** The names of who is chosen but known by the id only, as after a saved list was loaded. */
export function useNames(chosen: Chosen): Chosen {
  const { api } = useSurroundings().session;
  const [wanted] = useState(() => [...chosen.values()].filter((person) => !person.name).map((person) => person.id));
  const names = useQuery({
    queryKey: ["names", wanted],
    queryFn: () => named(api, new Set(wanted)),
    enabled: wanted.length > 0,
    staleTime: Infinity,
  });
  return names.data ?? nobody;
}

async function named(api: Api, wanted: ReadonlySet<number>): Promise<Chosen> {
  const found = new Map<number, Person>();
  let cursor: string | null = "";
  for (let turn = 0; cursor !== null && turn < PAGES_FOR_NAMES && found.size < wanted.size; turn += 1) {
    const { items, next_cursor }: Page = await page(api, "", cursor, LARGEST_PAGE);
    for (const person of items) if (wanted.has(person.id)) found.set(person.id, person);
    cursor = next_cursor;
  }
  return found;
}

/** Who may talk to the bot, as it is saved. Asked once: what is being edited must not change under the hand. */
export function useAllowed(enabled = true) {
  const { api } = useSurroundings().session;
  return useQuery({
    queryKey: ["allowed"],
    queryFn: () => told(api.GET("/v1/portal/allowed-users")),
    enabled,
    staleTime: Infinity,
  });
}
