/** What pages of one browser know of the session that they share: that there may be one, and its newest renewal. */
import { requestId } from "@/shared/request-id";

const SIGNED_IN = "teachbase-signed-in";
const RENEWAL = "teachbase-renewal";
/** Longer than a page waits for an answer, and shorter than the server knows a request again (docs/adr/0033). */
const RENEWAL_MS = 90_000;

export const mayBeSignedIn = (): boolean => localStorage.getItem(SIGNED_IN) !== null;

export function noteSignedIn(isSignedIn: boolean): void {
  if (isSignedIn) localStorage.setItem(SIGNED_IN, "1");
  else localStorage.removeItem(SIGNED_IN);
}

/** Renew while no other page does: the cookie is good for one request, which a page goes on with that another left. */
export async function renewing<Renewed>(renew: (requestId: string) => Promise<Renewed>): Promise<Renewed> {
  // Plain http on another host has no locks.
  const locks = navigator.locks as LockManager | undefined;
  return locks ? locks.request(RENEWAL, () => renew(current())) : renew(current());
}

function current(): string {
  const [id, begun] = (localStorage.getItem(RENEWAL) ?? "").split(" ");
  const age = Date.now() - Number(begun);
  if (id && age >= 0 && age < RENEWAL_MS) return id;
  const next = requestId();
  localStorage.setItem(RENEWAL, `${next} ${String(Date.now())}`);
  return next;
}
