"""What of a batch is stored in the blackbox: by its settings, and at no cost to who writes."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import event as hook

from messaging.blackbox import BlackboxSettings
from messaging.keep import PRUNE, Keeper
from teachbase.messaging.v1 import blackbox_pb2 as pb
from teachbase.messaging.v1 import messaging_pb2

ACCEPTED, REFUSED = messaging_pb2.INBOUND_OUTCOME_ACCEPTED, messaging_pb2.INBOUND_OUTCOME_REFUSED
STORED = "SELECT body, body_truncated, outcome FROM bitrix_inbound_events WHERE id = CAST(:id AS uuid)"


@pytest.fixture
async def empty(service: Any) -> AsyncIterator[Any]:
    """A blackbox of this test alone; the defaults are back afterwards."""
    await service.execute("TRUNCATE bitrix_inbound_events")
    yield service
    await service.execute("DELETE FROM blackbox_settings")
    await service.keeper.refresh()


async def configure(service: Any, **changed: Any) -> None:
    settings = pb.BlackboxSettings(**vars(replace(BlackboxSettings(), **changed)))
    await service.blackbox.SetBlackboxSettings(pb.SetBlackboxSettingsRequest(settings=settings))
    await service.keeper.refresh()


async def test_off_it_keeps_what_was_refused_and_everything_else_works(empty: Any, event_of: Any) -> None:
    portal = await empty.portal()
    stranger = type(portal)()
    await configure(empty, enabled=False)
    asked, refused = event_of(portal, 70101), event_of(stranger, 70102)

    receipts = await empty.ingest(asked, refused, event_of(portal, 70101))
    await empty.respond()

    assert [one.outcome for one in receipts] == [ACCEPTED, REFUSED, messaging_pb2.INBOUND_OUTCOME_DUPLICATE]
    assert [one.trace_id for one in empty.handed(portal)] == [asked.trace_id]
    kept = await empty.rows("SELECT id, outcome FROM bitrix_inbound_events")
    assert [(row.id.hex, row.outcome) for row in kept] == [(refused.trace_id, "refused")]
    told = await empty.rows("SELECT type FROM events WHERE portal_id = :id ORDER BY id", id=portal.id)
    assert [row.type for row in told] == ["rx", "ignored"]
    await empty.portal(portal=stranger)
    await empty.second_look.round()
    await empty.respond()
    assert [one.trace_id for one in empty.handed(stranger)] == [refused.trace_id]


async def test_a_long_body_is_stored_cut_and_read_whole(empty: Any, event_of: Any) -> None:
    portal = await empty.portal()
    stranger = type(portal)()
    await configure(empty, max_body_kb=1)
    said = "Ы" * 3000
    long, short, unknown = event_of(portal, 1, said), event_of(portal, 2, "?"), event_of(stranger, 3, said)

    await empty.ingest(long, short, unknown)

    cut, whole, waiting = [(await empty.rows(STORED, id=one.trace_id))[0] for one in (long, short, unknown)]
    assert (len(cut.body), cut.body_truncated) == (1024, True)
    assert not whole.body_truncated
    assert not waiting.body_truncated, "it may prove true, and is read again from here"
    assert len(waiting.body) > 3000
    [message] = await empty.rows("SELECT body FROM messages WHERE id = CAST(:id AS uuid)", id=long.trace_id)
    assert message.body == said


async def test_writing_rings_for_the_pruner_and_does_no_work_of_its_own(empty: Any) -> None:
    rung: list[str] = []
    statements_seen: list[str] = []
    keeper = Keeper(empty.engine, _Bell(rung))  # type: ignore[arg-type] # it only rings
    await configure(empty, max_rows=10)
    await keeper.refresh()

    def note(_conn: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        statements_seen.append(statement)

    hook.listen(empty.engine.sync_engine, "before_cursor_execute", note)
    try:
        keeper.note([_Written(b"x")] * 3)  # type: ignore[list-item] # only sizes are read
        keeper.note([_Written(b"x")] * 3)  # type: ignore[list-item] # only sizes are read
    finally:
        hook.remove(empty.engine.sync_engine, "before_cursor_execute", note)
    silent = Keeper(empty.engine, _Bell(rung))  # type: ignore[arg-type] # it only rings
    await configure(empty, max_rows=10, auto_prune_on_write=False)
    await silent.refresh()
    silent.note([_Written(b"x")] * 30)  # type: ignore[list-item] # only sizes are read

    assert rung == [PRUNE]
    assert statements_seen == []


class _Bell:
    def __init__(self, rung: list[str]) -> None:
        self.ring = rung.append


class _Written:
    def __init__(self, body: bytes) -> None:
        self.body = body
