"""The blackbox stays within its bounds, and nobody is evicted by a noisy neighbour."""

import os
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from kit import ids, partitions
from kit.partitions import Partitioned, Partitions
from messaging.app import partitioned
from messaging.blackbox import MB, BlackboxSettings, fair
from messaging.prune import Pruner
from messaging.repository import blackbox as statements
from teachbase.messaging.v1 import blackbox_pb2 as pb
from teachbase.messaging.v1 import messaging_pb2

ACCEPTED, REFUSED = messaging_pb2.INBOUND_OUTCOME_ACCEPTED, messaging_pb2.INBOUND_OUTCOME_REFUSED
STORED = "SELECT body, body_truncated, outcome FROM bitrix_inbound_events WHERE id = CAST(:id AS uuid)"
TABLE = "bitrix_inbound_events"


@pytest.fixture
async def empty(service: Any) -> AsyncIterator[Any]:
    """A blackbox of this test alone, at noon of today; the defaults are back afterwards."""
    service.clock.at = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0)
    await service.execute(f"TRUNCATE {TABLE}")
    yield service
    await service.execute("DELETE FROM blackbox_settings")
    await service.execute(f"TRUNCATE {TABLE}")
    await service.keeper.refresh()


async def configure(service: Any, **changed: Any) -> None:
    settings = pb.BlackboxSettings(**vars(replace(BlackboxSettings(), **changed)))
    await service.blackbox.SetBlackboxSettings(pb.SetBlackboxSettingsRequest(settings=settings))
    await service.keeper.refresh()


async def fill(service: Any, portal_id: UUID, rows: int, at: datetime, size: int = 100) -> None:
    """Rows of a portal, a second apart from a moment on; their bodies cannot be compressed."""
    values = [
        {
            "portal_id": portal_id,
            "id": ids.stamp(ids.milliseconds(at + timedelta(seconds=number)), int.from_bytes(os.urandom(10))),
            "at": at,
            "body": os.urandom(size),
        }
        for number in range(rows)
    ]
    async with service.engine.begin() as conn:
        await conn.execute(
            text(f"""
                INSERT INTO {TABLE} (portal_id, id, received_at, method, path, domain, member_id, event, dialog_id,
                    user_id, content_type, headers, body, body_truncated, body_sha256, token_hash, remote_ip,
                    outcome, reason)
                VALUES (:portal_id, :id, :at, 'POST', '/', '', '', '', '', 0, '', '{{}}', :body, false, '', '', '',
                    'accepted', '')
            """),
            values,
        )


async def rows_of(service: Any, portal_id: UUID) -> list[datetime]:
    found = await service.rows(f"SELECT id FROM {TABLE} WHERE portal_id = :id ORDER BY id", id=portal_id)
    return [ids.time_of(row.id) for row in found]


async def usage(service: Any) -> pb.GetBlackboxUsageResponse:
    found: pb.GetBlackboxUsageResponse = await service.blackbox.GetBlackboxUsage(pb.GetBlackboxUsageRequest())
    return found


async def prune(service: Any, mode: Any, days: int = 0, *, dry_run: bool = False) -> pb.PruneBlackboxResponse:
    asked = pb.PruneBlackboxRequest(mode=mode, days=days, dry_run=dry_run)
    done: pb.PruneBlackboxResponse = await service.blackbox.PruneBlackbox(asked)
    return done


async def test_days_past_retention_are_dropped_and_younger_ones_stay(empty: Any) -> None:
    now, portal_id = empty.clock(), uuid4()
    await partitions.ensure(empty.engine, [Partitioned(TABLE, None, by_day=True)], now - timedelta(days=5))
    for days in (5, 4, 1, 0):
        await fill(empty, portal_id, 3, now - timedelta(days=days, minutes=1))
    await configure(empty, retention_days=3)

    await empty.pruner.round()

    assert [(now - moment).days for moment in await rows_of(empty, portal_id)] == [1, 1, 1, 0, 0, 0]
    async with empty.engine.connect() as conn:
        kept = [part.day for part in await statements.partitions(conn) if part.day]
    assert min(kept) > now - timedelta(days=4)
    assert max(kept) > now


async def test_the_oldest_rows_of_the_noisy_go_and_the_quiet_keep_all(empty: Any) -> None:
    begin = empty.clock() - timedelta(hours=1)
    quiet, noisy, loud = uuid4(), uuid4(), uuid4()
    await fill(empty, quiet, 10, begin)
    await fill(empty, noisy, 300, begin + timedelta(minutes=10))
    await fill(empty, loud, 200, begin + timedelta(minutes=20))
    before = await rows_of(empty, noisy)
    await configure(empty, max_rows=100)

    await empty.pruner.round()

    left = {who: await rows_of(empty, who) for who in (quiet, noisy, loud)}
    assert {who: len(rows) for who, rows in left.items()} == {quiet: 10, noisy: 45, loud: 45}
    assert left[noisy] == before[-45:]


async def test_the_budget_is_kept_in_real_bytes_and_the_quiet_keep_all(empty: Any) -> None:
    begin = empty.clock() - timedelta(minutes=30)
    quiet, noisy = uuid4(), uuid4()
    await fill(empty, quiet, 20, begin - timedelta(days=1), size=3000)
    await fill(empty, noisy, 1500, begin, size=3000)
    before = await usage(empty)
    await configure(empty, target_budget_mb=2)

    await empty.pruner.round()

    after = await usage(empty)
    assert before.total_bytes > 4 * MB
    assert after.total_bytes <= 2 * MB
    assert after.total_bytes == after.table_bytes + after.index_bytes + after.toast_bytes
    assert len(await rows_of(empty, quiet)) == 20
    assert 150 < len(await rows_of(empty, noisy)) < 700
    assert [one.portal_id for one in after.portals] == [str(noisy), str(quiet)]
    assert after.rows == sum(one.rows for one in after.portals)


async def test_within_its_bounds_nothing_goes(empty: Any) -> None:
    portal_id = uuid4()
    await fill(empty, portal_id, 50, empty.clock() - timedelta(hours=1))
    await configure(empty, max_rows=50)

    await empty.pruner.round()

    assert len(await rows_of(empty, portal_id)) == 50


@pytest.mark.parametrize(
    ("mode", "days", "left"), [(pb.PRUNE_MODE_ALL, 0, 0), (pb.PRUNE_MODE_OLDER_THAN_DAYS, 1, 5)]
)
async def test_a_prune_frees_real_bytes_and_a_dry_run_none(empty: Any, mode: Any, days: int, left: int) -> None:
    now, portal_id = empty.clock(), uuid4()
    await fill(empty, portal_id, 400, now - timedelta(days=1, hours=1), size=3000)
    await fill(empty, portal_id, 5, now - timedelta(minutes=1))

    would = await prune(empty, mode, days, dry_run=True)
    before = await usage(empty)
    done = await prune(empty, mode, days)
    after = await usage(empty)

    assert would.freed_rows == done.freed_rows == 405 - left
    assert before.rows == 405
    assert after.rows == left
    assert done.complete
    assert done.freed_bytes == before.total_bytes - after.total_bytes > MB
    assert done.total_bytes == after.total_bytes


async def test_a_prune_that_runs_out_of_time_says_that_more_is_left(empty: Any) -> None:
    portal_id = uuid4()
    await fill(empty, portal_id, 5001, empty.clock() - timedelta(hours=2))
    hasty = Pruner(empty.engine, lambda: empty.clock() + timedelta(hours=11), budget_s=0)

    first = await hasty.older_than(0)
    second = await hasty.older_than(0)

    assert (first.rows, first.complete) == (5000, False)
    assert (second.rows, second.complete) == (1, True)


async def test_who_writes_waits_for_no_prune(empty: Any, event_of: Any) -> None:
    portal = await empty.portal()
    await empty.ingest(event_of(portal))
    async with empty.engine.connect() as reader:  # a reader that keeps every table in use
        await reader.execute(text(f"SELECT count(*) FROM {TABLE}"))

        done = await prune(empty, pb.PRUNE_MODE_ALL)

    assert not done.complete
    assert len(await rows_of(empty, portal.id)) == 1


async def test_keys_are_forgotten_after_35_days_and_not_before(empty: Any) -> None:
    portal_id = uuid4()
    for days in (36, 34):
        await empty.execute(
            "INSERT INTO inbox_keys (portal_id, key, id) VALUES (:portal_id, :key, :id)",
            portal_id=portal_id,
            key=f"m:{days}",
            id=ids.floor_of(empty.clock() - timedelta(days=days)),
        )

    await empty.pruner.round()

    left = await empty.rows("SELECT key FROM inbox_keys WHERE portal_id = :id", id=portal_id)
    assert [row.key for row in left] == ["m:34"]


async def test_why_an_answer_is_what_it_is_is_known_for_ninety_days(empty: Any) -> None:
    portal_id = uuid4()
    for days in (91, 89):  # before there were partitions: those go row by row
        await empty.execute(
            """
            INSERT INTO answer_explanations (portal_id, id, kind, detail, took_ms, created_at)
            VALUES (:portal_id, :id, 'knowledge', '{}', :days, now())
            """,
            portal_id=portal_id,
            id=ids.floor_of(empty.clock() - timedelta(days=days)),
            days=days,
        )

    await Partitions(empty.engine, partitioned(timedelta(days=180)), empty.clock).round()

    left = await empty.rows("SELECT took_ms FROM answer_explanations WHERE portal_id = :id", id=portal_id)
    assert [row.took_ms for row in left] == [89]


@pytest.mark.parametrize(
    ("used", "capacity", "allowed"),
    [
        ({"a": 10, "b": 300, "c": 200}, 100, {"a": 10, "b": 45, "c": 45}),
        ({"a": 1, "b": 1, "c": 1}, 2, {"a": 0, "b": 1, "c": 1}),
        ({"a": 5, "b": 6}, 100, {"a": 5, "b": 6}),
        ({}, 0, {}),
        ({"a": 7}, 0, {"a": 0}),
    ],
)
def test_who_has_little_keeps_all_and_the_others_share_the_rest(
    used: dict[str, int], capacity: int, allowed: dict[str, int]
) -> None:
    assert fair(used, capacity) == allowed
