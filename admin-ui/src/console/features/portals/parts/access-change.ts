import { useMutation, useQueryClient } from "@tanstack/react-query";

import { useApi } from "@/console/context";
import { type Access, changePortal } from "@/console/features/portals/parts/queries";
import { onePortal, type Portal, readPortal } from "@/console/features/portals/queries";

export const MODES = ["list", "departments", "all"] as const;

export const accessOf = ({ access }: Portal): Access => ({
  ...access,
  mode: MODES.find((mode) => mode === access.mode) ?? "list",
});

/**
 * A change of who may talk to the bot, made of what stands at that moment; null: nothing is to be saved. `onError` is
 * told of each that fails, also where the next was asked for meanwhile.
 */
export function useAccessChange<Asked>(
  portalId: string,
  change: (now: Access, asked: Asked) => Access | null,
  onError?: (problem: unknown) => void,
) {
  const api = useApi();
  const queries = useQueryClient();
  return useMutation({
    scope: { id: `access of ${portalId}` }, // one begins with what the one before it left
    mutationFn: async (asked: Asked) => {
      const now = await readPortal(api, portalId);
      const access = change(accessOf(now), asked);
      return access ? changePortal(api, portalId, { access }) : now;
    },
    ...(onError && { onError }),
    onSuccess: async (portal) => {
      await queries.cancelQueries({ queryKey: onePortal(api, portalId).queryKey }); // it was asked before
      queries.setQueryData(onePortal(api, portalId).queryKey, portal);
      void queries.invalidateQueries({ queryKey: ["portal", portalId, "employees"] });
    },
  });
}
