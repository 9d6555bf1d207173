import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";

import type { Status } from "@/portal/api";
import { useSurroundings } from "@/portal/context";
import { told } from "@/portal/session";

const POLL_MS = 30_000;

/** How the bot stands, and how whoever looks stands with it. */
export function useStatus() {
  const { api } = useSurroundings().session;
  return useQuery({
    queryKey: ["status"],
    queryFn: () => told(api.GET("/v1/portal/status")),
    refetchInterval: POLL_MS,
  });
}

/** Run the installer's steps again. */
export function useSetup() {
  const { api } = useSurroundings().session;
  const queries = useQueryClient();
  return useMutation({
    mutationFn: () => told(api.POST("/v1/portal/setup")),
    onSuccess: (status) => queries.setQueryData(["status"], status),
  });
}

export const botWorks = ({ status, bot }: Status) => status === "active" && bot.status === "registered";

const TROUBLES = ["suspended", "payment_required", "unreachable", "uninstalled", "dead"] as const;

/** What the state of a portal is called in the dictionaries. */
export function verdict({ status, bot, access }: Status) {
  const trouble = TROUBLES.find((name) => name === status);
  if (trouble) return trouble;
  if (bot.status !== "registered") return bot.status === "failed" ? "bot_failed" : "bot_missing";
  return access.mode === "list" && access.users === 0 ? "nobody" : "working";
}
