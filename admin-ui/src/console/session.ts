/** Who is signed in: tokens in memory alone, spent one renewal at a time (a refresh token spent twice ends the session). */
import createClient from "openapi-fetch";

import { type Api, bearing, TIMEOUT_MS, told } from "@/shared/api";
import { Problem, problemOf } from "@/shared/problem";
import type { components, paths } from "@/shared/schema";

type Send = (request: Request) => Promise<Response>;
type Tokens = Pick<components["schemas"]["SessionTokens"], "access_token" | "refresh_token">;
export type Opened = components["schemas"]["Session"];

export class Session {
  /** The API for who is signed in. */
  readonly api: Api;
  readonly #open: Api;
  readonly #send: Send;
  #tokens: Tokens | undefined;
  #renewing: Promise<Tokens> | undefined;

  constructor(
    private readonly onEnd: () => void,
    send: Send = (request) => fetch(request),
    baseUrl = window.location.origin,
  ) {
    this.#send = (request) => send(new Request(request, { signal: AbortSignal.timeout(TIMEOUT_MS) }));
    this.api = createClient<paths>({ baseUrl, fetch: (request) => this.#authorized(request) });
    this.#open = createClient<paths>({ baseUrl, fetch: this.#send });
  }

  async signIn(email: string, password: string): Promise<Opened> {
    const opened = await told(this.#open.POST("/v1/admin/auth/login", { body: { email, password } }));
    this.#tokens = opened;
    return opened;
  }

  /** Choose a password of one's own. Other sessions of the account end. */
  async changePassword(current_password: string, new_password: string): Promise<void> {
    const body = { current_password, new_password };
    const { error, response } = await this.api.POST("/v1/admin/auth/password", { body });
    if (!response.ok) throw problemOf(response, error);
  }

  /** Forget the tokens, and tell the server: where that does not work, they end by themselves. */
  async signOut(): Promise<void> {
    await this.api.POST("/v1/admin/auth/logout").catch(() => undefined);
    this.#end();
  }

  async #authorized(request: Request): Promise<Response> {
    const used = this.#tokens;
    if (!used) throw new Problem("session_expired", "", 401);
    const answer = await this.#send(bearing(request.clone(), used.access_token));
    if (answer.status !== 401) return answer;
    const fresh = this.#tokens === used ? await this.#renewed(used) : this.#tokens;
    return fresh ? this.#send(bearing(request.clone(), fresh.access_token)) : answer;
  }

  #renewed(spent: Tokens): Promise<Tokens> {
    this.#renewing ??= this.#renew(spent).finally(() => (this.#renewing = undefined));
    return this.#renewing;
  }

  async #renew({ refresh_token }: Tokens): Promise<Tokens> {
    try {
      this.#tokens = await told(this.#open.POST("/v1/admin/auth/refresh", { body: { refresh_token } }));
      return this.#tokens;
    } catch (problem) {
      if (problem instanceof Problem && problem.status === 401) this.#end();
      throw problem;
    }
  }

  #end(): void {
    if (!this.#tokens) return;
    this.#tokens = undefined;
    this.onEnd();
  }
}
