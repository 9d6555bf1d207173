/** What went wrong with a request: the API's envelope, or what the browser knows where no answer came. */
export class Problem extends Error {
  override readonly name = "Problem";

  constructor(
    /** The API's stable code; `network` and `timeout` are ours. */
    readonly code: string,
    message: string,
    readonly status = 0,
    readonly traceId = "",
    /** Seconds to wait before it makes sense to repeat. */
    readonly retryAfter = 0,
  ) {
    super(message);
  }

  /** Whether the same request may well succeed when repeated as it is. */
  get passing(): boolean {
    return this.status === 0 || this.status >= 500;
  }
}

interface Envelope {
  error: string;
  message: string;
  trace_id: string;
}

const isEnvelope = (body: unknown): body is Envelope =>
  typeof body === "object" && body !== null && "error" in body && typeof body.error === "string";

/** The problem that an answer of 400 or above tells of. */
export function problemOf(response: Response, body: unknown): Problem {
  const retryAfter = Number(response.headers.get("Retry-After")) || 0;
  const trace = response.headers.get("X-Trace-Id") ?? "";
  if (!isEnvelope(body)) return new Problem("unexpected", response.statusText, response.status, trace, retryAfter);
  return new Problem(body.error, body.message, response.status, body.trace_id || trace, retryAfter);
}

/** The problem of a request that got no answer. */
export function problemOfSilence(error: unknown): Problem {
  if (error instanceof Problem) return error;
  const late = error instanceof DOMException && error.name === "TimeoutError";
  return new Problem(late ? "timeout" : "network", error instanceof Error ? error.message : "");
}
