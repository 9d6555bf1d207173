/** An id of a request that may have to be asked again. `crypto.randomUUID` is not there over plain http. */
export function requestId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
