/** Who is signed in: an access token in memory; the refresh token is a cookie that no script reads (docs/adr/0028). */
import createClient from "openapi-fetch";

import { mayBeSignedIn, noteSignedIn, renewing } from "@/console/renewal";
import { type Api, bearing, TIMEOUT_MS, told } from "@/shared/api";
import { Problem, problemOf } from "@/shared/problem";
import type { components, paths } from "@/shared/schema";

type Send = (request: Request) => Promise<Response>;
type Schemas = components["schemas"];
export type Opened = Pick<Schemas["Session"], "must_change_password">;

const FILE_TIMEOUT_MS = 600_000;
const CONSOLE = { "X-Teachbase-Console": "1" };

export class Session {
  /** The API for who is signed in. */
  readonly api: Api;
  readonly #open: Api;
  readonly #send: Send;
  #token: string | undefined;
  #renewing: Promise<string> | undefined;

  constructor(
    private readonly onEnd: () => void,
    send: Send = (request) => fetch(request),
    baseUrl = window.location.origin,
    private readonly reload = () => window.location.reload(),
  ) {
    this.#send = (request) => send(new Request(request, { signal: AbortSignal.timeout(patience(request)) }));
    this.api = createClient<paths>({ baseUrl, fetch: (request) => this.#authorized(request) });
    this.#open = createClient<paths>({ baseUrl, fetch: this.#send, headers: CONSOLE });
  }

  async signIn(email: string, password: string): Promise<Opened> {
    const opened = await told(this.#open.POST("/v1/admin/auth/login", { body: { email, password } }));
    this.#token = opened.access_token;
    noteSignedIn(true);
    return opened;
  }

  /** Go on with the session that this browser has; undefined where it has none. */
  async resume(): Promise<Opened | undefined> {
    if (!mayBeSignedIn()) return undefined;
    try {
      await this.#renewed();
    } catch (problem) {
      if (problem instanceof Problem && problem.status === 401) return undefined;
      throw problem;
    }
    return told(this.api.GET("/v1/admin/auth/me"));
  }

  /** Choose a password of one's own. Other sessions of the account end. */
  async changePassword(current_password: string, new_password: string): Promise<void> {
    const body = { current_password, new_password };
    const { error, response } = await this.api.POST("/v1/admin/auth/password", { body });
    if (!response.ok) throw problemOf(response, error);
  }

  /** Forget the session, and tell the server: where that does not work, it ends by itself. */
  async signOut(): Promise<void> {
    await this.api.POST("/v1/admin/auth/logout").catch(() => undefined);
    this.#end();
  }

  async #authorized(request: Request): Promise<Response> {
    const used = this.#token;
    if (!used) throw new Problem("session_expired", "", 401);
    const answer = await this.#send(bearing(request.clone(), used));
    if (answer.status !== 401) return answer;
    const fresh = this.#token === used ? await this.#renewed() : this.#token;
    return fresh ? this.#send(bearing(request.clone(), fresh)) : answer;
  }

  #renewed(): Promise<string> {
    this.#renewing ??= renewing((requestId) => this.#renew(requestId)).finally(() => (this.#renewing = undefined));
    return this.#renewing;
  }

  async #renew(request_id: string): Promise<string> {
    try {
      // Outlives this page: whoever comes next has the new cookie, and need not ask again.
      const asked = this.#open.POST("/v1/admin/auth/refresh", { body: { request_id }, keepalive: true });
      const { access_token } = await told(asked);
      // Somebody else signed in meanwhile, in another tab: what this one shows is not theirs.
      if (this.#token && holderOf(this.#token) !== holderOf(access_token)) this.reload();
      this.#token = access_token;
      return access_token;
    } catch (problem) {
      if (problem instanceof Problem && problem.status === 401) this.#end();
      throw problem;
    }
  }

  #end(): void {
    noteSignedIn(false);
    if (!this.#token) return;
    this.#token = undefined;
    this.onEnd();
  }
}

/** Whose an access token is. */
function holderOf(token: string): string {
  const claims = token.split(".")[1] ?? "";
  try {
    const { sub } = JSON.parse(atob(claims.replace(/-/g, "+").replace(/_/g, "/"))) as { sub: string };
    return sub;
  } catch {
    return "";
  }
}

/** A file is written for as long as its list is. */
const patience = ({ url }: Request) => (/\.csv$|\/live$/.test(new URL(url).pathname) ? FILE_TIMEOUT_MS : TIMEOUT_MS);
