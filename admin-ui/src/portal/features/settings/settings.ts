import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";

import type { SettingsChange } from "@/portal/api";
import { useSurroundings } from "@/portal/context";
import { told } from "@/portal/session";

/** What the administrator chose. */
export function useSettings() {
  const { api } = useSurroundings().session;
  return useQuery({ queryKey: ["settings"], queryFn: () => told(api.GET("/v1/portal/settings")) });
}

/** Save one of them; the others stay. One after the other: the server writes all at once. */
export function useSaveSettings() {
  const { api } = useSurroundings().session;
  const queries = useQueryClient();
  return useMutation({
    scope: { id: "settings" },
    mutationFn: (change: SettingsChange) => told(api.PUT("/v1/portal/settings", { body: change })),
    onSuccess: (saved) => {
      queries.setQueryData(["settings"], saved);
      void queries.invalidateQueries({ queryKey: ["status"] });
    },
  });
}
