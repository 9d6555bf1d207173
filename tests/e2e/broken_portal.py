"""Portals with the app installed, and the ways in which they break."""

import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, cast

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
