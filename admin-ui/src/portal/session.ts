/** Who is looking: a short token in memory, renewed with fresh tokens of Bitrix24 when it has ended. */
import createClient from "openapi-fetch";

import type { Installed, SessionOpened } from "@/portal/api";
import type { Portal } from "@/portal/bx24";
import { type Api, bearing, TIMEOUT_MS, told } from "@/shared/api";
import { Problem } from "@/shared/problem";
import type { paths } from "@/shared/schema";

export { type Api, told };

type Send = (request: Request) => Promise<Response>;

export class Session {
  /** The API for who has a token: every route of a portal. */
  readonly api: Api;
  readonly #open: Api;
  readonly #send: Send;
  #token = "";
  #renewing: Promise<SessionOpened> | undefined;

  constructor(
    private readonly portal: Portal,
    send: Send = (request) => fetch(request),
    baseUrl = window.location.origin,
  ) {
    this.#send = (request) => send(new Request(request, { signal: AbortSignal.timeout(TIMEOUT_MS) }));
    this.api = createClient<paths>({ baseUrl, fetch: (request) => this.#authorized(request) });
    this.#open = createClient<paths>({ baseUrl, fetch: this.#send });
  }

  /** Introduce the portal: the wizard's first step, as whoever looks at it. Safe to repeat. */
  async install(): Promise<Installed> {
    const auth = await this.portal.auth();
    const body = {
      AUTH_ID: auth.access_token,
      REFRESH_ID: auth.refresh_token,
      AUTH_EXPIRES: auth.expires_in,
      DOMAIN: auth.domain,
      member_id: auth.member_id,
    };
    const installed = await told(this.#open.POST("/v1/bitrix/install/complete", { body }));
    this.#token = installed.portal_token;
    return installed;
  }

  /** A new token for who has tokens of Bitrix24. Callers that come together share one request. */
  open(): Promise<SessionOpened> {
    this.#renewing ??= this.#renew().finally(() => (this.#renewing = undefined));
    return this.#renewing;
  }

  async #renew(): Promise<SessionOpened> {
    const opened = await this.#ask().catch((problem: unknown) => {
      if (problem instanceof Problem && problem.status === 401) return this.#ask(true); // Bitrix24's token had ended
      throw problem;
    });
    this.#token = opened.portal_token;
    return opened;
  }

  async #ask(anew = false): Promise<SessionOpened> {
    const { access_token: AUTH_ID, member_id } = await this.portal.auth(anew);
    return told(this.#open.POST("/v1/bitrix/session", { body: { AUTH_ID, member_id } }));
  }

  /** What `send` gets with the token; it is called once more where that token has ended. */
  async withToken(send: (token: string) => Promise<Response>): Promise<Response> {
    const used = this.#token;
    const answer = await send(used);
    if (answer.status !== 401) return answer;
    if (this.#token === used) await this.open(); // else somebody renewed it meanwhile
    return send(this.#token);
  }

  #authorized(request: Request): Promise<Response> {
    return this.withToken((token) => this.#send(bearing(request.clone(), token)));
  }
}
