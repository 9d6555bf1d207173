"""No message lost, no reply doubled: 1 000 messages from 20 portals, and the worker killed in the middle."""

import asyncio
from collections import Counter
from typing import Any

import pytest

from tests.e2e.product import Product, eventually

PORTALS = 20
USERS = [1, 2, 3]
MESSAGES = 50
"""Of each portal."""


@pytest.mark.timeout(240)
async def test_a_thousand_messages_get_exactly_one_reply_each(product: Product) -> None:
    portals = [await product.portal(users_count=4, limits="off") for _ in range(PORTALS)]
    await asyncio.gather(*(product.install(portal, USERS) for portal in portals))

    writing = asyncio.gather(*(_write_all(product, portal) for portal in portals))
    await asyncio.sleep(1)
    product.kill("messaging-worker")
    await writing
    await eventually(lambda: _all_answered(product, portals), 90, "a reply to each message")
    await asyncio.sleep(3)

    for portal in portals:
        shown = await product.visible(portal)
        replies = [message for message in shown if message["from_bot"]]
        assert len(replies) == MESSAGES + len(USERS)  # and one welcome for each user
        assert max(Counter(reply["uuid"] for reply in replies).values()) == 1


async def test_a_question_that_overtakes_the_news_of_its_portal_is_answered(product: Product) -> None:
    portal = await product.portal(users_count=2)

    with product.frozen("messaging-worker"):  # who tells messaging of new portals
        installed = await product.sim("POST", f"/portals/{portal['member_id']}/install", user_ids=[1])
        written = await product.sim(
            "POST", f"/portals/{portal['member_id']}/messages", user_id=1, text="ping", wait=True
        )
        refused = await product.admin("/inbound-events", outcome="refused", limit=1)

    assert installed["finalize"]["steps"]["provision"]["status"] == "running"
    assert written["event_status"] == 200
    assert refused["items"][0]["reason"] == "unknown_portal"
    await eventually(lambda: _was_answered(product, portal), 20, "an answer")
    portal_id = installed["complete"]["portal_id"]
    asked = (await product.admin("/messages", portal_id=portal_id, direction="rx"))["items"]
    assert [one["state"] for one in asked] == ["answered"]
    rows = (await product.admin("/inbound-events", trace_id=asked[0]["trace_id"]))["items"]
    assert [row["outcome"] for row in rows] == ["accepted"]


async def _was_answered(product: Product, portal: dict[str, Any]) -> bool:
    return "pong" in [message["text"] for message in await product.visible(portal, "1")]


async def _write_all(product: Product, portal: dict[str, Any]) -> None:
    for number in range(MESSAGES):
        await product.write(portal, USERS[number % len(USERS)], f"Вопрос {number}")
        await asyncio.sleep(0.03)


async def _all_answered(product: Product, portals: list[dict[str, Any]]) -> bool:
    wanted = PORTALS * (MESSAGES + len(USERS))
    shown = [message for portal in portals for message in await product.visible(portal)]
    return len([message for message in shown if message["from_bot"]]) >= wanted
