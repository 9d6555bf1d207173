"""A process that is told to end, as each upgrade does: what it has begun is done, and nobody waits for it."""

import os
import signal
import time
from typing import Any
from uuid import UUID

from tests.e2e.product import Product, eventually

SOON_S = 6.0
"""Shorter than the lease of who died, a send whose outcome has to be found out, and a refusal's pause."""


async def test_a_reply_under_way_is_finished(product: Product) -> None:
    portal, portal_id = await _installed(product)

    with product.frozen("billing"):  # the worker has claimed the dialog, and waits for the quota
        await product.write(portal, 1, "ping")
        await eventually(lambda: _is(product, "messaging", "dialogs", portal_id, "answering"), 10, "the claim")
        os.kill(product.pid("messaging-worker"), signal.SIGTERM)
        began = time.monotonic()
    await eventually(lambda: _pongs(product, portal), 15, "the reply")

    assert time.monotonic() - began < SOON_S


async def test_a_send_under_way_is_finished(product: Product) -> None:
    portal, portal_id = await _installed(product)
    slow = {"kind": "slow", "method": "imbot.v2.Chat.Message.send", "count": 1, "delay_ms": 1500}
    await product.http.put(f"{product.sim_url}/control/portals/{portal['member_id']}/faults", json=[slow])

    await product.write(portal, 1, "ping")
    await eventually(lambda: _is(product, "delivery", "outbox", portal_id, "sending"), 10, "the send")
    os.kill(product.pid("delivery-worker"), signal.SIGTERM)
    began = time.monotonic()
    await eventually(lambda: _pongs(product, portal), 15, "the reply")

    assert time.monotonic() - began < SOON_S
    sends = "SELECT attempts, state FROM outbox WHERE portal_id = $1 ORDER BY created_at DESC LIMIT 1"

    async def settled() -> list[tuple[int, str]]:
        return [tuple(row) for row in await product.sql("delivery", sends, portal_id) if row["state"] != "sending"]

    assert await eventually(settled) == [(1, "sent")]


async def _installed(product: Product) -> tuple[dict[str, Any], UUID]:
    portal = await product.portal(limits="off")
    answers = await product.install(portal, [1])
    return portal, UUID(answers["complete"]["portal_id"])


async def _is(product: Product, context: str, table: str, portal_id: UUID, state: str) -> bool:
    found = f"SELECT 1 FROM {table} WHERE portal_id = $1 AND state = $2"
    return bool(await product.sql(context, found, portal_id, state))


async def _pongs(product: Product, portal: dict[str, Any]) -> bool:
    return sum("pong" in one["text"] for one in await product.visible(portal)) == 1
