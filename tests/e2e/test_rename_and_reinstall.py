"""A portal is renamed, installed over and installed anew while people write: every message gets its one reply."""

import asyncio
import uuid
from collections.abc import Awaitable, Callable
from typing import Any

from tests.e2e.product import Product, eventually

MESSAGES = 24
PEOPLE = (2, 3, 4)


async def write_while(
    product: Product, portal: dict[str, Any], act: Callable[[], Awaitable[Any]]
) -> list[tuple[int, int]]:
    """People write all the time; `act` happens in the middle of it. Returns who wrote which message."""
    written = []
    acting: asyncio.Task[Any] | None = None
    for number in range(MESSAGES):
        if number == MESSAGES // 3:
            acting = asyncio.ensure_future(act())
        user_id = PEOPLE[number % len(PEOPLE)]
        written.append((user_id, await product.write(portal, user_id, f"Вопрос {number}")))
        await asyncio.sleep(0.1)
    assert acting is not None
    await acting
    return written


async def assert_answered_once(product: Product, portal: dict[str, Any], written: list[tuple[int, int]]) -> None:
    expected = {user_id: sum(1 for who, _ in written if who == user_id) for user_id in PEOPLE}

    async def replies() -> dict[int, int]:
        counts = {}
        for user_id in PEOPLE:
            shown = await product.visible(portal, str(user_id))
            counts[user_id] = sum("базе знаний пока нет" in one["text"] for one in shown if one["from_bot"])
        return counts

    async def are_all_there() -> bool:
        found = await replies()
        return all(found[user_id] >= count for user_id, count in expected.items())

    await eventually(are_all_there, 60, f"{len(written)} replies")
    await asyncio.sleep(2)
    assert await replies() == expected
    assert (await product.sim("GET", "/stats"))["duplicates"] == 0


async def test_a_rename_loses_and_doubles_no_message(product: Product) -> None:
    portal = await product.portal(users_count=6, limits="off")
    await product.install(portal, list(PEOPLE))

    async def rename() -> None:
        path = f"/portals/{portal['member_id']}/rename"
        await product.sim("POST", path, domain=f"r{uuid.uuid4().hex[:10]}.b24.test")

    written = await write_while(product, portal, rename)

    await assert_answered_once(product, portal, written)
    renamed = await product.sim("GET", f"/portals/{portal['member_id']}")
    row = (await product.admin("/portals", query=portal["member_id"]))["items"][0]
    assert row["domain"] == renamed["domain"] != portal["domain"]


async def test_an_install_over_the_one_there_is_loses_and_doubles_no_message(product: Product) -> None:
    portal = await product.portal(users_count=6, limits="off")
    await product.install(portal, list(PEOPLE))

    written = await write_while(product, portal, lambda: product.install(portal, list(PEOPLE)))

    await assert_answered_once(product, portal, written)


async def test_after_a_removal_and_a_new_install_no_message_is_lost(product: Product) -> None:
    portal = await product.portal(users_count=6, limits="off")
    first = await product.install(portal, list(PEOPLE))
    await product.sim("POST", f"/portals/{portal['member_id']}/uninstall", clean=False)

    again = await product.install(portal, list(PEOPLE))
    written = [
        (who, await product.write(portal, who, f"Вопрос {number}")) for number in range(8) for who in PEOPLE
    ]

    await assert_answered_once(product, portal, written)
    assert again["complete"]["portal_id"] == first["complete"]["portal_id"]
