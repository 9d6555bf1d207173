/** The typed API of the gateway, and its answers as data or a problem. */
import type { Client } from "openapi-fetch";

import { problemOf, problemOfSilence } from "@/shared/problem";
import type { paths } from "@/shared/schema";

export type Api = Client<paths>;

export const TIMEOUT_MS = 60_000;

/** The data of an answer, or the problem that it tells of. */
export async function told<T>(
  asked: Promise<{ data?: T; error?: unknown; response: Response }>,
): Promise<NonNullable<T>> {
  const { data, error, response } = await asked.catch((silence: unknown) => {
    throw problemOfSilence(silence);
  });
  if (!response.ok || data === undefined || data === null) throw problemOf(response, error);
  return data;
}

/** The request as the holder of a token makes it. */
export function bearing(request: Request, token: string): Request {
  const headers = new Headers(request.headers);
  headers.set("Authorization", `Bearer ${token}`);
  return new Request(request, { headers });
}
