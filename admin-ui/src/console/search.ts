/** The part of an address after the question mark: filters as plain texts, so that a link reads as it is written. */
import { useNavigate, useParams, useSearch } from "@tanstack/react-router";

export type Search = Record<string, string | undefined>;

export const parseSearch = (search: string): Search => Object.fromEntries(new URLSearchParams(search));

export function stringifySearch(search: Record<string, unknown>): string {
  const given = Object.entries(search).filter((pair): pair is [string, string] => Boolean(pair[1]));
  return given.length ? `?${new URLSearchParams(given).toString()}` : "";
}

/** The named filters that are given, for the API. */
export function chosen<Name extends string>(search: Search, names: readonly Name[]): Partial<Record<Name, string>> {
  const given = names.filter((name) => search[name]);
  return Object.fromEntries(given.map((name) => [name, search[name]])) as Partial<Record<Name, string>>;
}

/** The filters of the address, and the way to change some: a changed filter begins the list anew. */
export function useFilters(): [Search, (changed: Search) => void] {
  const search: Search = useSearch({ strict: false });
  const navigate = useNavigate();
  const change = (changed: Search) =>
    void navigate({ to: ".", search: { ...search, cursor: undefined, ...changed }, replace: false });
  return [search, change];
}

/** The id that the address of one thing ends with. */
export function useId(): string {
  const { id }: { id?: string } = useParams({ strict: false });
  return id ?? "";
}
