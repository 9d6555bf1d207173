"""What ended long ago is forgotten; what may still be asked about stays."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from delivery.prune import KEPT, Pruner
from delivery.repository import prune
from teachbase.delivery.v1 import delivery_pb2 as pb
from teachbase.portal.v1 import portal_pb2


@pytest.fixture
def pruner(service: Any) -> Pruner:
    return Pruner(service.engine, service.clock)


async def ended_long_ago(service: Any, *portals: Any) -> None:
    """Have all that these portals were sent, and the feed up to it, be of long ago."""
    whose = {"portal_ids": [one.id for one in portals], "then": service.clock() - KEPT - timedelta(hours=1)}
    mine, then = "portal_id = ANY(CAST(:portal_ids AS uuid[]))", "CAST(:then AS timestamptz)"
    async with service.engine.begin() as conn:
        for statement in (
            f"UPDATE outcomes SET created_at = {then} WHERE id <= (SELECT max(id) FROM outcomes WHERE {mine})",
            f"UPDATE outbox SET created_at = {then}, due_at = {then} WHERE {mine}",
        ):
            await conn.execute(text(statement), whose)


async def left(service: Any, portal: Any) -> list[str]:
    rows = await service.rows("SELECT body FROM outbox WHERE portal_id = :id ORDER BY seq", id=portal.id)
    return [row.body for row in rows]


async def test_items_go_with_their_outcomes_and_young_ones_stay(
    service: Any, message_of: Any, pruner: Pruner
) -> None:
    old, young = await service.portal(), await service.portal()
    await service.enqueue(message_of(old, "раз"), message_of(old, "два"))
    await service.work()
    await ended_long_ago(service, old)
    await service.enqueue(message_of(young, "три"))
    await service.work()

    await pruner.round()

    assert await left(service, old) == []
    assert await left(service, young) == ["три"]
    assert await service.rows("SELECT id FROM outcomes WHERE portal_id = :id", id=old.id) == []
    assert len(await service.rows("SELECT id FROM outcomes WHERE portal_id = :id", id=young.id)) == 1


async def test_a_dead_letter_goes_and_what_still_waits_stays(
    service: Any, message_of: Any, pruner: Pruner
) -> None:
    portal = await service.portal()
    await service.break_it(portal, "dialog_closed")
    await service.enqueue(message_of(portal, "письмо"))
    await service.work()
    await service.tell(portal, portal_pb2.PORTAL_STATE_SUSPENDED)
    await service.enqueue(message_of(portal, "ждёт", "3"))
    await ended_long_ago(service, portal)

    await pruner.round()

    assert await left(service, portal) == ["ждёт"]


async def test_what_was_tried_again_since_stays_until_its_last_outcome_is_old(
    service: Any, message_of: Any, pruner: Pruner
) -> None:
    portal = await service.portal()
    message = message_of(portal, "ещё раз")
    await service.break_it(portal, "dialog_closed")
    await service.enqueue(message)
    await service.work()
    await ended_long_ago(service, portal)
    await service.stub.RetryOutboxItem(pb.RetryOutboxItemRequest(id=message.id))
    await service.work()

    await pruner.round()
    kept = await left(service, portal)
    await ended_long_ago(service, portal)
    await pruner.round()

    assert kept == ["ещё раз"]
    assert await left(service, portal) == []


async def test_a_dead_letter_that_died_again_stays_as_long_as_one_that_died_now(
    service: Any, message_of: Any, pruner: Pruner
) -> None:
    portal = await service.portal()
    message = message_of(portal, "снова")
    await service.break_it(portal, "dialog_closed", count=2)
    await service.enqueue(message)
    await service.work()
    await ended_long_ago(service, portal)
    await service.stub.RetryOutboxItem(pb.RetryOutboxItemRequest(id=message.id))
    await service.work()

    await pruner.round()

    assert (await service.item(message)).state == pb.OUTBOX_STATE_DEAD
    assert await left(service, portal) == ["снова"]


async def test_a_round_goes_on_batch_by_batch(
    service: Any, message_of: Any, pruner: Pruner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prune, "BATCH", 2)
    portal = await service.portal()
    await service.enqueue(*(message_of(portal, str(number)) for number in range(5)))
    await service.work()
    await ended_long_ago(service, portal)

    await pruner.round()

    assert await left(service, portal) == []
