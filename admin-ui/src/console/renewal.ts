/** What pages of one browser know of the session that they share: that there may be one, and who renews it now. */
const SIGNED_IN = "teachbase-signed-in";
const RENEWING = "teachbase-renewing";
const PATIENCE_MS = 5000;

export const mayBeSignedIn = (): boolean => localStorage.getItem(SIGNED_IN) !== null;

export function noteSignedIn(isSignedIn: boolean): void {
  if (isSignedIn) localStorage.setItem(SIGNED_IN, "1");
  else localStorage.removeItem(SIGNED_IN);
}

/** Renew while no other page does: the cookie is good once. */
export async function oneAtATime<Renewed>(renew: () => Promise<Renewed>): Promise<Renewed> {
  // Plain http on another host has no locks.
  const locks = navigator.locks as LockManager | undefined;
  return locks ? locks.request(RENEWING, () => marked(renew)) : marked(renew);
}

async function marked<Renewed>(renew: () => Promise<Renewed>): Promise<Renewed> {
  await settled();
  localStorage.setItem(RENEWING, String(Date.now()));
  try {
    return await renew();
  } finally {
    localStorage.removeItem(RENEWING);
  }
}

/** Wait for the cookie of a renewal whose page was left: nobody took its mark away. */
async function settled(): Promise<void> {
  const left = Number(localStorage.getItem(RENEWING)) + PATIENCE_MS - Date.now();
  if (left > 0 && left <= PATIENCE_MS) await new Promise((wake) => setTimeout(wake, left));
}
