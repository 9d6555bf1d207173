"""What the page shows of one portal and one employee, as soon as it changes."""

import asyncio
import time
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from b24sim.cloud import Cloud
from b24sim.control.request import cloud_of, json, portal_of
from b24sim.control.views import message_view, portal_view
from b24sim.model import Chat
from b24sim.portal import Portal

WAIT_SECONDS = 1.5  # shorter than the server waits when it stops
STEP_SECONDS = 0.1
MESSAGES = 200
DELIVERIES = 14


async def state(request: Request) -> Response:
    """The portal as it is for `?user_id=`; with `?version=` it waits 1.5 s for another one."""
    cloud, portal = cloud_of(request), portal_of(request)
    known, deadline = request.query_params.get("version", ""), time.monotonic() + WAIT_SECONDS
    while version(portal) == known and time.monotonic() < deadline:  # noqa: ASYNC110 - load wakes no page
        await asyncio.sleep(STEP_SECONDS)
    user_id = int(request.query_params.get("user_id", 0))
    chat = _dialog(portal, user_id)
    return json(
        {
            "version": version(portal),
            "portal": portal_view(cloud, portal),
            "messages": _messages(portal, chat),
            "typing": _typing(cloud, portal, chat),
            "bucket": _bucket(cloud, portal),
            "deliveries": list(portal.live.deliveries)[: -DELIVERIES - 1 : -1],
        }
    )


def version(portal: Portal) -> str:
    """Another string after every call, event and message; the switches of the portal count too."""
    seen = (portal.counts["requests"], portal.counts["events"], portal.counters["message"])
    switches = (portal.installed, portal.uninstalled, portal.limits)
    return f"{seen}{switches}{len(portal.faults)}"


def _dialog(portal: Portal, user_id: int) -> Chat | None:
    bot_id = next(iter(portal.bots), 0)
    return portal.chats.get(portal.private_chats.get((bot_id, user_id), 0))


def _messages(portal: Portal, chat: Chat | None) -> list[dict[str, Any]]:
    if chat is None:
        return []
    newest = [portal.messages[number] for number in chat.message_ids[-MESSAGES:]]
    return [message_view(portal, message) for message in newest if not message.deleted]


def _typing(cloud: Cloud, portal: Portal, chat: Chat | None) -> dict[str, Any] | None:
    until, code = portal.live.typing.get(chat.id if chat else 0, (0.0, ""))
    left = until - cloud.clock()
    return {"seconds": left, "code": code} if left > 0 else None


def _bucket(cloud: Cloud, portal: Portal) -> dict[str, float]:
    bucket, limits = portal.live.bucket, portal.limits
    level = max(0.0, bucket.level - (cloud.clock() - bucket.at) * limits.rate)
    return {"level": round(level, 1), "burst": limits.burst, "rate": limits.rate}
