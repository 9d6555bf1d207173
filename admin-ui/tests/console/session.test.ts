import { afterEach, expect, test, vi } from "vitest";

import { Session } from "@/console/session";
import { told } from "@/shared/api";

afterEach(() => {
  localStorage.clear();
  vi.useRealTimers();
});

type Answer = [number, unknown];

/** A server that answers by path with what it is told, in order; the last answer stays. */
function server(answers: Record<string, Answer[]>) {
  const heard: [string, string | null][] = [];
  const send = (request: Request): Promise<Response> => {
    const { pathname } = new URL(request.url);
    heard.push([pathname.replace("/v1/admin", ""), request.headers.get("Authorization")]);
    const queue = answers[pathname.replace("/v1/admin", "")] ?? [];
    const [status, body] = (queue.length > 1 ? queue.shift() : queue[0]) ?? [404, { error: "not_found" }];
    return Promise.resolve(status === 204 ? new Response(null, { status }) : Response.json(body, { status }));
  };
  return { heard, send };
}

const pair = (token: string): Answer => [200, { access_token: token, refresh_token: null }];
const ended: Answer = [401, { error: "session_expired", message: "It has ended.", trace_id: "t1" }];
const spool: Answer = [200, { depth: 3 }];

test("an ended access token is renewed once for all who ask meanwhile, and their calls are repeated", async () => {
  const { heard, send } = server({
    "/auth/login": [pair("one")],
    "/auth/refresh": [pair("two")],
    "/spool": [ended, ended, spool],
  });
  const session = new Session(vi.fn(), send);
  await session.signIn("anna@teachbase.test", "secret");

  const asked = await Promise.all([told(session.api.GET("/v1/admin/spool")), told(session.api.GET("/v1/admin/spool"))]);

  expect(asked.map(({ depth }) => depth)).toEqual([3, 3]);
  expect(heard.filter(([path]) => path === "/auth/refresh")).toHaveLength(1);
  expect(heard.at(-1)).toEqual(["/spool", "Bearer two"]);
});

test("a session that cannot be renewed has ended: it says so once and keeps no token", async () => {
  const { heard, send } = server({ "/auth/login": [pair("one")], "/auth/refresh": [ended], "/spool": [ended] });
  const onEnd = vi.fn();
  const session = new Session(onEnd, send);
  await session.signIn("anna@teachbase.test", "secret");

  const refused = await Promise.allSettled([
    told(session.api.GET("/v1/admin/spool")),
    told(session.api.GET("/v1/admin/spool")),
  ]);
  const later = told(session.api.GET("/v1/admin/spool"));

  expect(refused.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  await expect(later).rejects.toMatchObject({ code: "session_expired" });
  expect(onEnd).toHaveBeenCalledOnce();
  expect(heard.filter(([path]) => path === "/spool")).toHaveLength(2);
});

test("who was signed in goes on after a reload, and who was not is not asked about", async () => {
  const { heard, send } = server({
    "/auth/login": [pair("one")],
    "/auth/refresh": [pair("two")],
    "/auth/me": [[200, { must_change_password: false }]],
  });
  expect(await new Session(vi.fn(), send).resume()).toBeUndefined();
  expect(heard).toEqual([]);
  await new Session(vi.fn(), send).signIn("anna@teachbase.test", "secret");

  const resumed = await new Session(vi.fn(), send).resume();

  expect(resumed).toMatchObject({ must_change_password: false });
  expect(heard.slice(1)).toEqual([
    ["/auth/refresh", null],
    ["/auth/me", "Bearer two"],
  ]);
});

test("a session that ended meanwhile is not resumed, and not asked about again", async () => {
  const { heard, send } = server({ "/auth/login": [pair("one")], "/auth/refresh": [ended] });
  await new Session(vi.fn(), send).signIn("anna@teachbase.test", "secret");

  expect(await new Session(vi.fn(), send).resume()).toBeUndefined();
  expect(await new Session(vi.fn(), send).resume()).toBeUndefined();

  expect(heard.filter(([path]) => path === "/auth/refresh")).toHaveLength(1);
});

/** The ids under which pages renew that are opened one after another, each so many ms after the one before. */
async function renewalsOf(pages: [number, status?: number][]): Promise<unknown[]> {
  vi.useFakeTimers();
  const asked: unknown[] = [];
  let answers = 200;
  const send = async (request: Request): Promise<Response> => {
    if (request.url.endsWith("/login")) return Response.json({ access_token: "one" });
    if (request.url.endsWith("/refresh")) asked.push(((await request.json()) as { request_id: string }).request_id);
    return Response.json({ access_token: "two", must_change_password: false }, { status: answers });
  };
  await new Session(vi.fn(), send).signIn("anna@teachbase.test", "secret");
  for (const [ms, status = 200] of pages) {
    vi.setSystemTime(Date.now() + ms);
    answers = status;
    await new Session(vi.fn(), send).resume().catch(() => undefined);
  }
  return asked;
}

test("pages that come one upon another go on with one renewal, and a later one begins its own", async () => {
  const [first, again, next, nextAgain, clockWasSet] = await renewalsOf([[0], [89_000], [1_000], [0], [-3_600_000]]);

  expect(first).toMatch(/^[0-9a-f]{32}$/);
  expect(again).toBe(first);
  expect(next).not.toBe(first);
  expect(nextAgain).toBe(next);
  expect(clockWasSet).not.toBe(next);
});

test("a renewal without an answer is asked for again for longer, and is over soon after its answer", async () => {
  const asked = await renewalsOf([[0, 503], [600_000, 503], [200_000], [89_000], [1_000]]);

  expect(new Set(asked.slice(0, 4)).size).toBe(1);
  expect(asked[4]).not.toBe(asked[3]);
  const [first, afterFourteenMinutes] = await renewalsOf([[0, 503], [840_000]]);
  expect(afterFourteenMinutes).not.toBe(first);
});

test("who signs in begins renewals of their own", async () => {
  const [before] = await renewalsOf([[0]]);
  const [after] = await renewalsOf([[0]]);

  expect(after).not.toBe(before);
});

test("a tab whose browser belongs to somebody else by now begins anew", async () => {
  const of = (sub: string) => pair(`x.${btoa(JSON.stringify({ sub }))}.x`);
  const { send } = server({
    "/auth/login": [of("anna")],
    "/auth/refresh": [of("anna"), of("boris")],
    "/spool": [ended, spool, ended, spool],
  });
  const reload = vi.fn();
  const session = new Session(vi.fn(), send, window.location.origin, reload);
  await session.signIn("anna@teachbase.test", "secret");

  await told(session.api.GET("/v1/admin/spool"));
  expect(reload).not.toHaveBeenCalled();
  await told(session.api.GET("/v1/admin/spool"));

  expect(reload).toHaveBeenCalledOnce();
});

test("a server that is away for a moment does not end the session", async () => {
  const { send } = server({
    "/auth/login": [pair("one")],
    "/auth/refresh": [[503, { error: "unavailable", message: "", trace_id: "t2" }], pair("two")],
    "/spool": [ended, ended, spool],
  });
  const onEnd = vi.fn();
  const session = new Session(onEnd, send);
  await session.signIn("anna@teachbase.test", "secret");

  const first = told(session.api.GET("/v1/admin/spool"));

  await expect(first).rejects.toMatchObject({ status: 503 });
  expect(await told(session.api.GET("/v1/admin/spool"))).toEqual({ depth: 3 });
  expect(onEnd).not.toHaveBeenCalled();
});

test("signing out tells the server, and ends here whatever it says", async () => {
  const { heard, send } = server({ "/auth/login": [pair("one")], "/auth/logout": [[204, null]] });
  const onEnd = vi.fn();
  const session = new Session(onEnd, send);
  await session.signIn("anna@teachbase.test", "secret");

  await session.signOut();

  expect(heard.at(-1)).toEqual(["/auth/logout", "Bearer one"]);
  expect(onEnd).toHaveBeenCalledOnce();
});

test("a wrong password is a problem with its trace id", async () => {
  const { send } = server({ "/auth/login": [[401, { error: "wrong_password", message: "No.", trace_id: "t3" }]] });

  const refused = new Session(vi.fn(), send).signIn("anna@teachbase.test", "guess");

  await expect(refused).rejects.toMatchObject({ code: "wrong_password", traceId: "t3" });
});
