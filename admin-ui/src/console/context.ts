import { queryOptions, useQuery } from "@tanstack/react-query";
import { createContext, use } from "react";

import type { Session } from "@/console/session";
import { type Api, told } from "@/shared/api";

export const SessionContext = createContext<Session | null>(null);

export function useSession(): Session {
  const found = use(SessionContext);
  if (!found) throw new Error("outside of the console");
  return found;
}

export const useApi = (): Api => useSession().api;

export const me = (api: Api) =>
  queryOptions({ queryKey: ["me"], queryFn: () => told(api.GET("/v1/admin/auth/me")), staleTime: 60_000 });

/** What who is signed in may do; nothing until that is known. */
export function useRole() {
  const { data } = useQuery(me(useApi()));
  return { mayChange: data?.role === "owner" || data?.role === "operator", isOwner: data?.role === "owner" };
}
