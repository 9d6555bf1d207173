"""Decides whether an event leaves the portal, in which generation, and hands it to the sender or the queue."""

import asyncio
from dataclasses import dataclass
from typing import Any

from b24sim.cloud import Cloud
from b24sim.events import v1, v2
from b24sim.events.auth import nobody_auth, user_auth
from b24sim.events.happening import Happening
from b24sim.events.sender import Parcel, record
from b24sim.events.views import bot_view
from b24sim.model import Bot, FetchEvent
from b24sim.portal import Portal
from bitrix import phpform

DUPLICATE_LATER_SECONDS = 8
"""A duplicate carries the same tokens and another `ts` (sample 15)."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """How this one event travels: twice, not at all, late, without tokens (of a robot), behind the next one."""

    duplicate: bool = False
    drop: bool = False
    delay_ms: int = 0
    robot: bool = False
    reorder: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """`status` says what was decided; `tasks` end with an HTTP status each, where something was sent."""

    status: str
    tasks: tuple[asyncio.Task[int | str], ...] = ()


PLAIN = Delivery()


def publish(cloud: Cloud, portal: Portal, bot: Bot, happening: Happening, delivery: Delivery = PLAIN) -> Outcome:
    """Send `happening` to the owner of `bot`.

    Status: sent, fetch (waits in the queue of Event.get), not_installed, no_handler or dropped.
    """
    if not portal.installed or portal.uninstalled:
        return _not_sent(cloud, portal, bot, happening, "not_installed")
    if delivery.drop:
        return _not_sent(cloud, portal, bot, happening, "dropped")
    if bot.event_mode == "fetch" and bot.api == "v2":
        return _enqueue(cloud, portal, bot, happening)
    url = handler_url(bot, happening)
    if not url:
        return _not_sent(cloud, portal, bot, happening, "no_handler")
    fields = _fields(cloud, portal, bot, happening, delivery)
    message_id = happening.message.id if happening.message else 0
    copies = [(fields, delivery.delay_ms)]
    if delivery.duplicate:
        copies.append(({**fields, "ts": fields["ts"] + DUPLICATE_LATER_SECONDS}, delivery.delay_ms))
    tasks = tuple(
        cloud.sender.post(
            portal,
            Parcel(fields["event"], url, phpform.encode(_wire(copy)), message_id, delay, delivery.reorder),
        )
        for copy, delay in copies
    )
    return Outcome("sent", tasks)


def handler_url(bot: Bot, happening: Happening) -> str:
    """Where the bot wants this kind of event; "" where it never asked for it."""
    if bot.api == "v2":
        return bot.webhook_url
    if happening.kind == "command":
        return happening.command.handler if happening.command else ""
    return bot.handlers.get(v1.HANDLERS.get(happening.kind, ""), "")


def event_name(bot: Bot, happening: Happening) -> str:
    """The name of the event in the generation of the bot."""
    names = v2.NAMES if bot.api == "v2" else v1.NAMES
    return names.get(happening.kind, happening.kind)


def _fields(cloud: Cloud, portal: Portal, bot: Bot, happening: Happening, delivery: Delivery) -> dict[str, Any]:
    actor = None if delivery.robot else happening.user
    data: dict[str, Any]
    if bot.api == "v1":
        tokens = user_auth(cloud, portal, actor.id if actor else bot.id, refresh=True)
        data = v1.payload(happening, bot, portal.language, tokens, bot.client_id)
    else:
        owner: dict[str, Any] = {"id": bot.id, "code": bot.code}
        if actor or happening.kind == "bot_delete":
            owner["auth"] = user_auth(cloud, portal, bot.id, refresh=True)
        data = {"bot": owner, **v2.payload(happening, bot, portal.language)}
    return {
        "event": event_name(bot, happening),
        "event_handler_id": bot.handler_id,
        "data": data,
        "ts": int(cloud.clock()),
        "auth": user_auth(cloud, portal, actor.id) if actor else nobody_auth(portal),
    }


def _enqueue(cloud: Cloud, portal: Portal, bot: Bot, happening: Happening) -> Outcome:
    now = cloud.clock()
    data = {"bot": bot_view(bot, portal.language, {}), **v2.payload(happening, bot, portal.language)}
    bot.queue.append(FetchEvent(portal.next_id("event"), event_name(bot, happening), now, data))
    portal.counts["events"] += 1
    return Outcome("fetch")


def _not_sent(cloud: Cloud, portal: Portal, bot: Bot, happening: Happening, word: str) -> Outcome:
    message_id = happening.message.id if happening.message else 0
    parcel = Parcel(event_name(bot, happening), handler_url(bot, happening), b"", message_id)
    record(portal, parcel, cloud.clock(), word)
    return Outcome(word)


def _wire(value: Any) -> Any:
    """The form of the wire writes null as an empty value (contract 5.3)."""
    if isinstance(value, dict):
        return {key: _wire(item) for key, item in value.items()}
    return "" if value is None else value
