"""Portals broken one way at a time: the diagnosis names what is wrong, attempt-fix mends it or says who has to."""

import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, cast

import pytest
from redis.asyncio import Redis

from bitrix.breaker import KEY
from tests.e2e.product import Product, eventually

NOWHERE = "http://127.0.0.1:9/v1/bitrix"


@dataclass
class Case:
    """A portal of its own, with the app installed and one employee greeted."""

    product: Product
    portal: dict[str, Any]
    portal_id: str

    async def rest(self, method: str, **params: Any) -> Any:
        """Call the portal's REST as its administrator may."""
        now = await self.product.sim("GET", f"/portals/{self.portal['member_id']}")
        body = {"auth": self.portal["admin"]["access_token"], **params}
        answer = await self.product.http.post(now["client_endpoint"] + method, json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()["result"]

    async def sim(self, verb: str, path: str, **body: Any) -> Any:
        return await self.product.sim(verb, f"/portals/{self.portal['member_id']}{path}", **body)

    async def bot(self) -> int:
        return int((await self.sim("GET", ""))["bots"][0]["id"])

    async def repoint(self, **fields: Any) -> None:
        await self.rest("imbot.v2.Bot.update", botId=await self.bot(), fields=fields)

    async def ask(self, what: str) -> dict[str, Any]:
        answer = await self.product.operate(f"/portals/{self.portal_id}/{what}")
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def row(self) -> dict[str, Any]:
        found: dict[str, Any] = await self.product.admin(f"/portals/{self.portal_id}")
        return found

    async def is_answered(self) -> None:
        before = len(await self._pongs())
        await self.product.write(self.portal, 2, "ping")

        async def more() -> bool:
            return len(await self._pongs()) > before

        await eventually(more, what="an answer")

    async def _pongs(self) -> list[dict[str, Any]]:
        return [one for one in await self.product.visible(self.portal, "2") if one["text"] == "pong"]


async def begin(product: Product) -> Case:
    people = [
        {"id": 1, "name": "Анна", "last_name": "Первая", "admin": True},
        {"id": 2, "name": "Пётр", "last_name": "Второй", "admin": True},
    ]
    portal = await product.portal(users=people)
    portal_id = (await product.install(portal, [2]))["complete"]["portal_id"]
    case = Case(product, portal, portal_id)

    async def greeted() -> bool:
        return bool(await product.visible(portal, "2"))

    await eventually(greeted, what="the welcome")
    return case


async def lose_the_bot(case: Case) -> None:
    await case.repoint(eventMode="webhook", webhookUrl=f"{NOWHERE}/events")  # so that nobody hears of it
    await case.rest("imbot.v2.Bot.unregister", botId=await case.bot())


async def send_the_bots_events_elsewhere(case: Case) -> None:
    await case.repoint(eventMode="webhook", webhookUrl=f"{NOWHERE}/events")


async def have_the_bot_keep_its_events(case: Case) -> None:
    await case.repoint(eventMode="fetch")


async def know_another_bot(case: Case) -> None:
    await case.product.sql("portal", "UPDATE portals SET bot_id = 4711 WHERE id = $1", uuid.UUID(case.portal_id))


async def unbind_events(case: Case) -> None:
    for event in ("ONAPPUNINSTALL", "ONAPPTEST"):
        await case.rest("event.unbind", event=event, handler=f"{case.product.url}/v1/bitrix/events")


async def bind_an_event_elsewhere(case: Case) -> None:
    await case.rest("event.bind", event="ONAPPPAYMENT", handler=f"{NOWHERE}/events")


async def unbind_a_placement(case: Case) -> None:
    await case.rest("placement.unbind", PLACEMENT="IM_SIDEBAR")


async def bind_a_placement_elsewhere(case: Case) -> None:
    await case.rest("placement.unbind", PLACEMENT="LEFT_MENU")
    await case.rest("placement.bind", PLACEMENT="LEFT_MENU", HANDLER=f"{NOWHERE}/placement")


async def rename(case: Case) -> None:
    await case.sim("POST", "/rename", domain=f"r{uuid.uuid4().hex[:10]}.b24.test")


async def end_the_access_token(case: Case) -> None:
    await case.sim("POST", "/revoke", user_id=1, access=True, refresh=False)


async def end_the_refresh_token_of_one_of_two(case: Case) -> None:
    opened = await case.sim("POST", "/open", user_id=2)
    page = await case.product.http.post(f"{case.product.url}/v1/bitrix/handler", data=opened["form"])
    assert page.status_code != 403, page.text
    await case.sim("POST", "/revoke", user_id=2, access=False, refresh=True)


async def trip_the_breaker(case: Case) -> None:
    async with Redis(port=int(case.product.environment["TB_REDIS_PORT"])) as redis:
        now = int((await redis.time())[0]) * 1000
        key = KEY.format(member_id=case.portal["member_id"])
        state = {"failures": 5, "trips": 7, "until": now + 300_000}
        await cast("Awaitable[int]", redis.hset(key, mapping=state))


async def stop_the_queue(case: Case) -> None:
    await case.product.sql(
        "delivery",
        "UPDATE lanes SET parked_until = now() + interval '1 hour', cause = 'BOT_NOT_FOUND' WHERE portal_id = $1",
        uuid.UUID(case.portal_id),
    )
    await case.product.write(case.portal, 2, "ping")

    async def waits() -> bool:
        items = (await case.product.admin("/outbox", portal_id=case.portal_id))["items"]
        return any(one["state"] == "created" for one in items)

    await eventually(waits, what="a reply that waits")


async def miss_the_payment(case: Case) -> None:
    await case.product.sql(
        "portal", "UPDATE portals SET state = 'payment_required' WHERE id = $1", uuid.UUID(case.portal_id)
    )


async def take_scopes_away(case: Case) -> None:
    await case.sim("PATCH", "", scope="imbot,im,placement")


async def reset_the_install(case: Case) -> None:
    await case.sim("PATCH", "", installed=False)


async def let_the_subscription_end(case: Case) -> None:
    await case.sim("PATCH", "", payment_expired=True)


async def allow_nobody(case: Case) -> None:
    opened = await case.sim("POST", "/open", user_id=1)
    body = {"AUTH_ID": opened["form"]["AUTH_ID"], "member_id": case.portal["member_id"]}
    session = (await case.product.http.post(f"{case.product.url}/v1/bitrix/session", json=body)).json()
    saved = await case.product.http.put(
        f"{case.product.url}/v1/portal/allowed-users",
        json={"user_ids": []},
        headers={"authorization": f"Bearer {session['portal_token']}"},
    )
    assert saved.status_code == 200, saved.text


async def set_the_clock_wrong(case: Case) -> None:
    await case.sim("PATCH", "", clock_skew_s=600)


async def end_the_only_refresh_token(case: Case) -> None:
    await case.sim("POST", "/revoke", user_id=1, access=False, refresh=True)


async def end_every_token(case: Case) -> None:
    await case.product.sql(
        "portal", "UPDATE portal_tokens SET state = 'dead' WHERE portal_id = $1", uuid.UUID(case.portal_id)
    )


async def suspend(case: Case) -> None:
    answer = await case.product.operate(f"/portals/{case.portal_id}/suspend", reason="не оплачено")
    assert answer.status_code == 200, answer.text


async def fail_at_everything(case: Case) -> None:
    answer = await case.product.http.put(
        f"{case.product.sim_url}/control/portals/{case.portal['member_id']}/faults",
        json=[{"kind": "http_502_html"}],
    )
    assert answer.status_code == 200, answer.text


Break = Callable[[Case], Awaitable[None]]
MENDED: dict[str, tuple[Break, str]] = {
    "the bot is gone": (lose_the_bot, "bot_present"),
    "we know another bot": (know_another_bot, "bot_present"),
    "the bot's events go elsewhere": (send_the_bots_events_elsewhere, "bot_handler"),
    "the bot keeps its events": (have_the_bot_keep_its_events, "bot_handler"),
    "events are not bound": (unbind_events, "event_handlers"),
    "an event is bound elsewhere": (bind_an_event_elsewhere, "event_handlers"),
    "a placement is lost": (unbind_a_placement, "placements_bound"),
    "a placement leads elsewhere": (bind_a_placement_elsewhere, "placements_bound"),
    "the portal was renamed": (rename, "domain_unchanged"),
    "the access token is unknown": (end_the_access_token, "token_valid"),
    "one of two refresh tokens is refused": (end_the_refresh_token_of_one_of_two, "refresh_works"),
    "the breaker is open": (trip_the_breaker, "breaker_closed"),
    "the queue stands still": (stop_the_queue, "queue_moving"),
    "a payment was not heard of": (miss_the_payment, "payment"),
}
EXPLAINED: dict[str, tuple[Break, str, str]] = {
    "a scope is missing": (take_scopes_away, "scopes", "scopes"),
    "the install is not finished": (reset_the_install, "app_installed", "wizard"),
    "the subscription has ended": (let_the_subscription_end, "payment", "renew"),
    "nobody may talk to the bot": (allow_nobody, "allowlist_not_empty", "choose"),
    "the portal's clock is wrong": (set_the_clock_wrong, "clock_in_step", "clock"),
    "the only refresh token is refused": (end_the_only_refresh_token, "refresh_works", "open the app"),
    "there is no live token": (end_every_token, "token_valid", "open the app"),
    "the portal is suspended": (suspend, "in_service", "Resume"),
    "the portal fails": (fail_at_everything, "rest_answers", "browser"),
}


async def test_a_healthy_portal_has_nothing_wrong_and_is_asked_twice(product: Product) -> None:
    case = await begin(product)
    before = (await case.sim("GET", "/requests"))["by_method"]

    found = await case.ask("diagnostics")

    after = (await case.sim("GET", "/requests"))["by_method"]
    asked = {method: count - before.get(method, 0) for method, count in after.items()}
    assert {method: count for method, count in asked.items() if count} == {"batch": 1, "event.test": 1}
    assert {one["name"]: one["state"] for one in found["checks"] if one["state"] != "ok"} == {}
    assert (found["health"], found["failed"]) == ("ok", [])
    assert len(found["checks"]) >= 20
    row = await case.row()
    assert (row["health"], row["health_cause"], row["alerts"]) == ("ok", None, [])
    assert row["last_proven_alive_at"] >= found["checked_at"][:10]


@pytest.mark.parametrize("trouble", MENDED)
async def test_a_breakage_is_named_and_mended(product: Product, trouble: str) -> None:
    break_it, name = MENDED[trouble]
    case = await begin(product)
    await break_it(case)

    found = await case.ask("diagnostics")
    mended = await case.ask("attempt-fix")
    again = await case.ask("diagnostics")

    assert found["failed"] == [name]
    check = next(one for one in found["checks"] if one["name"] == name)
    assert check["can_fix"], check
    assert check["reason"], check
    assert check["what_would_be_done"], check
    assert mended["needs_human"] == []
    if name != "token_valid":  # the diagnosis itself has brought a new pair
        (fix,) = [one for one in mended["fixes"] if one["name"] == name]
        assert (fix["is_mended"], fix["error"], fix["before"]["state"], fix["after"]["state"]) == (
            True,
            None,
            "failed",
            "ok",
        )
        (line, *_) = (await product.admin("/audit", portal_id=case.portal_id))["items"]
        assert line["action"] == "portal.attempt_fix"
        assert (line["email"], line["before"][name]["state"]) == ("admin@localhost", "failed")
        assert line["after"][name]["state"] in {"ok", "handed_on"}
    assert {one["name"]: one["state"] for one in again["checks"] if one["state"] != "ok"} == {}
    await case.is_answered()


@pytest.mark.parametrize("trouble", EXPLAINED)
async def test_what_cannot_be_mended_is_explained(product: Product, trouble: str) -> None:
    break_it, name, word = EXPLAINED[trouble]
    case = await begin(product)
    await break_it(case)

    found = await case.ask("diagnostics")
    mended = await case.ask("attempt-fix")

    assert found["failed"] == [name], [one for one in found["checks"] if one["state"] != "ok"]
    assert mended["failed"] == [name]
    (step,) = mended["needs_human"]
    assert (step["name"], word in step["what"]) == (name, True), step
    (fix,) = [one for one in mended["fixes"] if one["name"] == name]
    assert (fix["did"], fix["is_mended"]) == (None, False)


async def test_behind_one_trouble_another_is_found_and_mended_too(product: Product) -> None:
    case = await begin(product)
    await lose_the_bot(case)
    await unbind_a_placement(case)
    await trip_the_breaker(case)

    found = await case.ask("diagnostics")
    mended = await case.ask("attempt-fix")

    assert found["failed"] == ["breaker_closed"]
    assert {one["name"] for one in found["checks"] if one["state"] == "skipped"} >= {"bot_present", "rest_answers"}
    assert {one["name"] for one in mended["fixes"]} == {"breaker_closed", "bot_present", "placements_bound"}
    assert all(one["is_mended"] for one in mended["fixes"])
    assert (mended["health"], mended["failed"], mended["needs_human"]) == ("ok", [], [])
    await case.is_answered()


async def test_events_that_do_not_arrive_are_noticed(product: Product) -> None:
    case = await begin(product)

    with product.frozen("messaging-worker"):
        found = await case.ask("diagnostics")
    mended = await case.ask("attempt-fix")

    assert found["failed"] == ["events_arriving"]
    assert (mended["failed"], mended["needs_human"]) == ([], [])


async def test_a_context_that_does_not_answer_is_unknown_and_keeps_nobody_from_diagnosing(
    product: Product,
) -> None:
    case = await begin(product)

    with product.frozen("delivery"):
        found = await case.ask("diagnostics")

    assert {one["name"]: one["state"] for one in found["checks"] if one["state"] != "ok"} == {
        "queue_moving": "unknown"
    }
    assert (found["health"], found["failed"]) == ("ok", [])


async def test_silence_against_a_portals_own_usual_traffic_is_seen_in_the_list_of_portals(
    product: Product,
) -> None:
    case = await begin(product)
    portal_id = uuid.UUID(case.portal_id)
    await case.product.write(case.portal, 2, "ping")

    async def is_stored() -> bool:
        return bool((await product.admin("/messages", portal_id=case.portal_id, direction="rx"))["items"])

    await eventually(is_stored, what="the message")
    await product.sql("messaging", _ALWAYS_WRITES, portal_id)
    await product.sql("messaging", _BUT_NOT_FOR_TWO_DAYS, portal_id)
    await product.sql("messaging", "UPDATE traffic SET due_at = now() WHERE portal_id = $1", portal_id)

    async def is_warned() -> bool:
        return bool((await case.row())["health"] == "warning")

    await eventually(is_warned, 30, "a visible alert")
    row = await case.row()
    listed = await product.admin("/portals", health="warning", query=case.portal["member_id"])
    well = await product.admin("/portals", health="ok", query=case.portal["member_id"])
    found = await case.ask("diagnostics")
    assert [one["name"] for one in row["alerts"]] == ["silence"]
    assert "hours in which people of this portal usually" in row["health_cause"]
    assert ([one["id"] for one in listed["items"]], well["items"]) == ([case.portal_id], [])
    assert found["failed"] == ["usual_traffic"]
    assert (found["health"], found["checks"][-1]["can_fix"]) == ("warning", False)


async def test_the_daily_probe_comes_back_by_itself(product: Product) -> None:
    case = await begin(product)
    portal_id = uuid.UUID(case.portal_id)
    due = (
        "UPDATE portals SET probe_due_at = now() - interval '1 minute', last_proven_alive_at = NULL WHERE id = $1"
    )
    await product.sql("portal", due, portal_id)

    async def is_echoed() -> bool:
        rows = await product.sql("portal", "SELECT echoed_at FROM portal_probes WHERE portal_id = $1", portal_id)
        return any(row["echoed_at"] for row in rows)

    await eventually(is_echoed, 45, "the echo")
    assert (await case.row())["last_proven_alive_at"]
    assert (await case.sim("GET", "/requests"))["by_method"]["event.test"] == 1
    (row,) = await product.sql(
        "portal", "SELECT probe_due_at > now() AS later FROM portals WHERE id = $1", portal_id
    )
    assert row["later"]


async def test_who_may_not_or_asks_of_nobody_is_refused(product: Product) -> None:
    case = await begin(product)
    nobody = uuid.uuid4()

    for what in ("diagnostics", "attempt-fix"):
        unsigned = await product.http.post(f"{product.url}/v1/admin/portals/{case.portal_id}/{what}")
        unknown = await product.operate(f"/portals/{nobody}/{what}")
        assert (unsigned.status_code, unknown.status_code) == (401, 404)
        assert unknown.json()["error"] == "portal_not_found"
    wrong = await product.admin_answer("/portals", health="sick")
    assert (wrong.status_code, wrong.json()["detail"]["words"]) == (422, ["ok", "warning", "failing"])


_ALWAYS_WRITES = """
    INSERT INTO traffic_hours SELECT $1, hour, 3
    FROM generate_series(date_trunc('hour', now()) - interval '27 days',
                         date_trunc('hour', now()) - interval '2 days', interval '1 hour') AS hour
    ON CONFLICT DO NOTHING
"""
_BUT_NOT_FOR_TWO_DAYS = """
    UPDATE messages SET created_at = now() - interval '2 days' WHERE portal_id = $1 AND direction = 'rx'
"""
