/** What pages of one browser know of the session that they share: that there may be one, and its newest renewal. */
import { requestId } from "@/shared/request-id";

const SIGNED_IN = "teachbase-signed-in";
const LOCK = "teachbase-renewing";
const RENEWAL = "teachbase-renewal";
/** How long a renewal without an answer is asked for again: shorter than the server knows it (docs/adr/0033). */
const OPEN_MS = 14 * 60_000;
/** How long one that was answered is that of other pages too: longer than an answer to one of them is on its way. */
const ANSWERED_MS = 90_000;

export const mayBeSignedIn = (): boolean => localStorage.getItem(SIGNED_IN) !== null;

export function noteSignedIn(isSignedIn: boolean): void {
  localStorage.removeItem(RENEWAL);
  if (isSignedIn) localStorage.setItem(SIGNED_IN, "1");
  else localStorage.removeItem(SIGNED_IN);
}

/** Renew while no other page does: the cookie is good for one request, which a page goes on with that another left. */
export async function renewing<Renewed>(renew: (requestId: string) => Promise<Renewed>): Promise<Renewed> {
  // Plain http on another host has no locks.
  const locks = navigator.locks as LockManager | undefined;
  return locks ? locks.request(LOCK, () => renewed(renew)) : renewed(renew);
}

async function renewed<Renewed>(renew: (requestId: string) => Promise<Renewed>): Promise<Renewed> {
  const known = kept();
  const id = known?.id ?? requestId();
  if (!known) keep(id, false);
  const answer = await renew(id);
  if (!known?.isAnswered) keep(id, true);
  return answer;
}

function kept(): { id: string; isAnswered: boolean } | undefined {
  const [id, until, answered] = (localStorage.getItem(RENEWAL) ?? "").split(" ");
  const left = Number(until) - Date.now();
  return id && left > 0 && left <= OPEN_MS ? { id, isAnswered: answered === "answered" } : undefined;
}

function keep(id: string, isAnswered: boolean): void {
  const until = Date.now() + (isAnswered ? ANSWERED_MS : OPEN_MS);
  localStorage.setItem(RENEWAL, `${id} ${String(until)} ${isAnswered ? "answered" : "open"}`);
}
