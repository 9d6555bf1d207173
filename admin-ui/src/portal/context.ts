import { createContext, use } from "react";

import type { Boot } from "@/portal/boot";
import type { Portal } from "@/portal/bx24";
import type { Session } from "@/portal/session";

export interface Surroundings {
  boot: Boot;
  portal: Portal;
  session: Session;
}

export const SurroundingsContext = createContext<Surroundings | null>(null);

/** The page's portal and session. */
export function useSurroundings(): Surroundings {
  const found = use(SurroundingsContext);
  if (!found) throw new Error("outside of the app");
  return found;
}
