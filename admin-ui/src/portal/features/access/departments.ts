/** Departments as the pages show them: a tree told in rows, and the request for them. */
import { useQuery } from "@tanstack/react-query";

import type { Department } from "@/portal/api";
import { useSurroundings } from "@/portal/context";
import { told } from "@/portal/session";

const FRESH_MS = 5 * 60_000; // thousands of departments cost the portal a hundred questions

/** A department with its place in the tree. */
export interface Row {
  id: number;
  name: string;
  depth: number;
  parent: Row | null;
}

/** The rows of departments that come each after the one it is in; whose parent has not come stands at the top. */
export function rowsOf(departments: Department[]): Row[] {
  const seen = new Map<number, Row>();
  for (const { id, name, parent_id } of departments) {
    const parent = seen.get(parent_id ?? 0) ?? null;
    if (!seen.has(id)) seen.set(id, { id, name: name.trim(), depth: parent ? parent.depth + 1 : 0, parent });
  }
  return [...seen.values()];
}

const plain = (text: string) => text.toLowerCase().replaceAll("ё", "е");

/** The rows whose name has `query` in it. */
export const matching = (rows: Row[], query: string) => {
  const wanted = plain(query);
  return wanted ? rows.filter(({ name }) => plain(name).includes(wanted)) : rows;
};

/** Who is included without being chosen: by the id, the nearest chosen one that it is within. */
export function coversOf(rows: Row[], chosen: ReadonlySet<number>): ReadonlyMap<number, Row> {
  const covers = new Map<number, Row>();
  for (const { id, parent } of rows) {
    const cover = parent && (chosen.has(parent.id) ? parent : covers.get(parent.id));
    if (cover) covers.set(id, cover);
  }
  return covers;
}

/** The names above a row, from the top. */
export const pathOf = ({ parent }: Row): string[] => (parent ? [...pathOf(parent), parent.name] : []);

/** All departments of the portal. */
export function useDepartments() {
  const { api } = useSurroundings().session;
  return useQuery({
    queryKey: ["departments"],
    queryFn: () => told(api.GET("/v1/portal/departments")),
    select: ({ items }) => rowsOf(items),
    staleTime: FRESH_MS,
    refetchOnWindowFocus: false,
  });
}
