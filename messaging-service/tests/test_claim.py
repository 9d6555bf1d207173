"""Portals have their turn, and a claim costs the same however much is owed."""

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from kit import ids
from messaging.repository import dialogs as statements
from messaging.respond import BATCH, LEASE

FILL = """
    INSERT INTO dialogs (portal_id, id, provider_dialog_id, provider_dialog_id_raw, user_id, kind, state,
                         last_message_at, pending_since)
    SELECT :portal_id, gen_random_uuid(), CAST(n AS text), CAST(n AS text), n, 'private', 'pending',
           CAST(:now AS timestamptz), CAST(:now AS timestamptz) + n * interval '1 ms'
    FROM generate_series(1, :count) AS n
"""


@pytest.fixture
async def owed(service: Any) -> AsyncIterator[Any]:
    """Gives a portal dialogs that wait; they are gone afterwards."""
    portal_ids: list[UUID] = []

    async def give(count: int) -> UUID:
        portal_ids.append(uuid4())
        await service.execute(FILL, portal_id=portal_ids[-1], count=count, now=service.clock())
        await service.execute("ANALYZE dialogs")
        return portal_ids[-1]

    yield give
    await service.execute("DELETE FROM dialogs WHERE portal_id = ANY(:ids)", ids=portal_ids)
    await service.execute("ANALYZE dialogs")


async def test_who_has_much_waiting_delays_nobody_else(service: Any, owed: Any) -> None:
    noisy, quiet = await owed(2_000), await owed(2)

    [batch] = await service.responder.claim(1)

    served = [dialog.portal_id for dialog in batch.dialogs]
    assert len(served) == BATCH
    assert (served.count(quiet), served.count(noisy)) == (2, BATCH - 2)


async def test_every_portal_has_its_turn_before_any_has_it_again(service: Any, owed: Any) -> None:
    portals = {await owed(5) for _ in range(BATCH + 20)}

    first, second = [(await service.responder.claim(1))[0] for _ in range(2)]

    served = [dialog.portal_id for batch in (first, second) for dialog in batch.dialogs]
    assert len(served) == 2 * BATCH
    assert set(served) == portals
    assert max(served.count(portal_id) for portal_id in portals) == 2


async def test_whose_dialogs_are_all_held_is_passed_over(service: Any, owed: Any) -> None:
    held = {await owed(1) for _ in range(BATCH + 5)}
    await service.execute("UPDATE dialogs SET lease_until = :until", until=service.clock() + timedelta(hours=1))
    free = await owed(1)

    [batch] = await service.responder.claim(1)

    assert [dialog.portal_id for dialog in batch.dialogs] == [free]
    assert await service.responder.claim(1) == []
    assert held


async def test_a_claim_reads_no_more_when_more_is_owed(service: Any, owed: Any) -> None:
    await owed(200)
    await owed(20_000)

    read = await _rows_read(service)

    assert BATCH <= read < 8 * BATCH


async def _rows_read(service: Any) -> float:
    """How many rows of dialogs a claim looks at; it is undone."""
    now = service.clock()
    given = {"now": now, "lease_until": now + LEASE, "token": uuid4(), "limit": BATCH, "after": ids.NIL}
    async with service.engine.connect() as conn:
        statement = text(f"EXPLAIN (ANALYZE, FORMAT JSON) {statements.CLAIM.text}")
        explained = await conn.scalar(statement, given)
        await conn.rollback()
    [plan] = json.loads(explained) if isinstance(explained, str) else explained
    return _of_dialogs(plan["Plan"])


def _of_dialogs(node: dict[str, Any]) -> float:
    own = node["Actual Rows"] + node.get("Rows Removed by Filter", 0) if "Scan" in node["Node Type"] else 0
    of_dialogs = own * node["Actual Loops"] if node.get("Relation Name") == "dialogs" else 0
    return float(of_dialogs + sum(_of_dialogs(child) for child in node.get("Plans", ())))
