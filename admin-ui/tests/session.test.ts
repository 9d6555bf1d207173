import { expect, test } from "vitest";

import type { Auth, Library } from "@/portal/bx24";
import { Portal } from "@/portal/bx24";
import { Session, told } from "@/portal/session";
import type { Problem } from "@/shared/problem";

const AUTH: Auth = {
  access_token: "a1",
  refresh_token: "r1",
  expires_in: 1_790_003_600,
  domain: "romashka.bitrix24.ru",
  member_id: "m1",
};

/** A platform whose `live` tokens are given at once, and whose refresh gives `fresh`. */
async function platform(live: Auth | false, fresh: Auth | false = false): Promise<Portal> {
  const library: Library = {
    init: (callback) => callback(),
    getAuth: () => live,
    refreshAuth: (callback) => callback(fresh),
    installFinish: () => undefined,
    selectUsers: (callback) => callback([{ id: "7", name: "Anna" }]),
    fitWindow: () => undefined,
    reloadWindow: () => undefined,
  };
  const portal = new Portal(() => library);
  await portal.init();
  return portal;
}

interface Heard {
  path: string;
  bearer: string | null;
  body: unknown;
}

/** A server that answers by path with what it is told, in order; the last answer stays. */
function server(answers: Record<string, [number, unknown][]>) {
  const heard: Heard[] = [];
  const send = async (request: Request): Promise<Response> => {
    const path = new URL(request.url).pathname;
    heard.push({ path, bearer: request.headers.get("Authorization"), body: await request.json().catch(() => null) });
    const queue = answers[path] ?? [[404, { error: "not_found", message: "", trace_id: "t0" }]];
    const [status, body] = (queue.length > 1 ? queue.shift() : queue[0]) ?? [500, {}];
    return Response.json(body, { status, headers: { "Retry-After": "7" } });
  };
  return { heard, send };
}

const opened = (token: string): [number, unknown] => [200, { portal_id: "p1", portal_token: token, expires_in: 3600 }];
const ended: [number, unknown] = [401, { error: "session_expired", message: "It has ended.", trace_id: "t1" }];

test("an ended token is renewed with Bitrix24's, and the call repeated once", async () => {
  const { heard, send } = server({
    "/v1/bitrix/session": [opened("one"), opened("two")],
    "/v1/portal/allowed-users": [ended, [200, { mode: "list", user_ids: [5], department_ids: [] }]],
  });
  const session = new Session(await platform(AUTH), send);
  await session.open();

  const body = { mode: "list" as const, user_ids: [5], department_ids: [] };
  const saved = await told(session.api.PUT("/v1/portal/allowed-users", { body }));

  expect(saved.user_ids).toEqual([5]);
  expect(heard.map(({ path, bearer }) => [path, bearer])).toEqual([
    ["/v1/bitrix/session", null],
    ["/v1/portal/allowed-users", "Bearer one"],
    ["/v1/bitrix/session", null],
    ["/v1/portal/allowed-users", "Bearer two"],
  ]);
  expect(heard[3]?.body).toEqual(body); // the body was sent again, not lost with the first try
});

test("a call that is refused again is not repeated for ever", async () => {
  const { heard, send } = server({ "/v1/bitrix/session": [opened("one")], "/v1/portal/status": [ended] });
  const session = new Session(await platform(AUTH), send);

  const refused = told(session.api.GET("/v1/portal/status"));

  await expect(refused).rejects.toMatchObject({ code: "session_expired", status: 401, traceId: "t1" });
  expect(heard.filter(({ path }) => path === "/v1/portal/status")).toHaveLength(2);
});

test("calls that come together share one renewal", async () => {
  const { heard, send } = server({
    "/v1/bitrix/session": [opened("one")],
    "/v1/portal/status": [ended, ended, [200, { status: "active" }]],
  });
  const session = new Session(await platform(AUTH), send);

  await Promise.all([told(session.api.GET("/v1/portal/status")), told(session.api.GET("/v1/portal/status"))]);

  expect(heard.filter(({ path }) => path === "/v1/bitrix/session")).toHaveLength(1);
});

test("tokens of Bitrix24 that have ended are refreshed first", async () => {
  const { heard, send } = server({ "/v1/bitrix/session": [opened("one")] });
  const session = new Session(await platform(false, { ...AUTH, access_token: "a2" }), send);

  await session.open();

  expect(heard[0]?.body).toEqual({ AUTH_ID: "a2", member_id: "m1" });
});

test("tokens of Bitrix24 that only the server knows to have ended are refreshed too", async () => {
  const { heard, send } = server({ "/v1/bitrix/session": [ended, opened("one")] });
  const session = new Session(await platform(AUTH, { ...AUTH, access_token: "a2" }), send);

  await session.open();

  expect(heard.map(({ body }) => (body as { AUTH_ID: string }).AUTH_ID)).toEqual(["a1", "a2"]);
});

test("the installation sends what Bitrix24 gave, and its token serves the calls after it", async () => {
  const { heard, send } = server({
    "/v1/bitrix/install/complete": [[200, { portal_id: "p1", portal_token: "one" }]],
    "/v1/portal/status": [[200, { status: "installing" }]],
  });
  const session = new Session(await platform(AUTH), send);

  await session.install();
  await told(session.api.GET("/v1/portal/status"));

  expect(heard[0]?.body).toEqual({
    AUTH_ID: "a1",
    REFRESH_ID: "r1",
    AUTH_EXPIRES: 1_790_003_600,
    DOMAIN: "romashka.bitrix24.ru",
    member_id: "m1",
  });
  expect(heard[1]?.bearer).toBe("Bearer one");
});

test("a refusal carries its code, its trace and how long to wait", async () => {
  const refusal = { error: "too_many_attempts", message: "Wait.", trace_id: "t9", detail: {} };
  const { send } = server({ "/v1/bitrix/install/complete": [[429, refusal]] });

  const refused = new Session(await platform(AUTH), send).install();

  await expect(refused).rejects.toMatchObject({
    code: "too_many_attempts",
    traceId: "t9",
    retryAfter: 7,
    passing: false,
  });
});

test.each([
  [new TypeError("Failed to fetch"), "network"],
  [new DOMException("late", "TimeoutError"), "timeout"],
])("no answer (%s) is a problem of its own that may pass", async (error, code) => {
  const session = new Session(await platform(AUTH), () => Promise.reject(error));

  const problem = await session.open().catch((caught: unknown) => caught as Problem);

  expect(problem).toMatchObject({ code, passing: true });
});

test("a page outside of Bitrix24 says so", async () => {
  await expect(new Portal(() => undefined).init()).rejects.toMatchObject({ code: "outside_bitrix24" });
});
