"""What the inbox promises: a lost doorbell, a dead worker, a busy bot lose nothing; refusals are counted."""

import asyncio
import time
from typing import Any

from tests.e2e.product import EVENTS, FORM, Product, eventually

MESSAGE = (EVENTS / "09-v2-messageadd-private.txt").read_bytes()
REPLACED_WITHIN_S = 15.0


async def test_a_worker_killed_in_the_middle_is_replaced_within_15_seconds(product: Product) -> None:
    portal, portal_id = await _installed(product)

    with product.frozen("billing"):  # the worker has claimed the dialog, and waits for the quota
        await product.write(portal, 1, "ping")
        await eventually(lambda: _dialog_is(product, portal_id, "answering"), 10, "the claim")
        killed_at = time.monotonic()
        product.kill("messaging-worker")
    await eventually(lambda: _pongs(product, portal, 1), 25, "the reply")
    took = time.monotonic() - killed_at

    assert took < REPLACED_WITHIN_S
    await asyncio.sleep(2)
    assert await _count(product, portal, "pong") == 1


async def test_a_dialog_whose_doorbell_was_lost_is_rung_again_within_5_seconds(product: Product) -> None:
    portal, portal_id = await _installed(product)

    with product.frozen("messaging-worker"):
        await product.write(portal, 1, "ping")
        await eventually(lambda: _dialog_is(product, portal_id, "pending"), 10, "the stored message")
        await _wipe_redis(product)
        began = time.monotonic()
    await eventually(lambda: _pongs(product, portal, 1), 15, "the reply")

    assert time.monotonic() - began < 5


async def test_messages_that_come_while_the_bot_answers_are_answered_next_once_each_and_in_order(
    product: Product,
) -> None:
    portal, portal_id = await _installed(product)

    with product.frozen("billing"):
        await product.write(portal, 1, "ping")
        await eventually(lambda: _dialog_is(product, portal_id, "answering"), 10, "the claim")
        late = [await product.write(portal, 1, "ping") for _ in range(4)]
    await eventually(lambda: _pongs(product, portal, 5), 40, "a reply to each")
    await asyncio.sleep(2)

    messages = (await product.admin("/messages", portal_id=portal_id, limit=50))["items"]
    asked = {one["id"]: int(one["provider_message_id"]) for one in messages if one["direction"] == "rx"}
    replies = sorted(
        (one for one in messages if one["body"] == "pong"), key=lambda one: int(one["provider_message_id"])
    )
    answered = [asked[one["reply_to"]] for one in replies]
    assert answered == sorted(asked.values())
    assert answered[1:] == late


async def test_refused_events_are_counted_per_source(product: Product) -> None:
    stranger = MESSAGE.replace(b"5f2c1be0", b"fffffff7")
    gateway = f"http://127.0.0.1:{product.environment['TB_GATEWAY_PORT']}/v1/bitrix/events"

    for source, count in (("203.0.113.7", 3), ("203.0.113.8", 2)):
        for _ in range(count):
            answer = await product.http.post(
                gateway, content=stranger, headers={**FORM, "x-forwarded-for": source}
            )
            assert answer.status_code == 200

    usage = await product.admin("/inbound-events/usage")
    counted = {one["remote_ip"]: one["events"] for one in usage["refused_sources"]}
    assert (counted["203.0.113.7"], counted["203.0.113.8"]) == (3, 2)
    metrics_port = int(product.environment["TB_METRICS_BASE_PORT"]) + 2
    metrics = (await product.http.get(f"http://127.0.0.1:{metrics_port}/metrics")).text
    assert 'tb_events_refused_total{reason="unknown_portal"}' in metrics


async def _installed(product: Product) -> tuple[dict[str, Any], str]:
    portal = await product.portal(users_count=2, limits="off")
    installed = await product.install(portal, [1])
    return portal, str(installed["complete"]["portal_id"])


async def _dialog_is(product: Product, portal_id: str, state: str) -> bool:
    dialogs = (await product.admin("/dialogs", portal_id=portal_id))["items"]
    return state in {one["state"] for one in dialogs}


async def _count(product: Product, portal: dict[str, Any], text: str) -> int:
    return sum(one["from_bot"] and one["text"] == text for one in await product.visible(portal, "1"))


async def _pongs(product: Product, portal: dict[str, Any], count: int) -> bool:
    return await _count(product, portal, "pong") >= count


async def _wipe_redis(product: Product) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", int(product.environment["TB_REDIS_PORT"]))
    writer.write(b"FLUSHALL\r\n")
    assert await reader.readline() == b"+OK\r\n"
    writer.close()
    await writer.wait_closed()
