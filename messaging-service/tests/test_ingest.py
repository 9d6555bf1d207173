"""Ingest: a batch is stored whole, repeated without effect, and one bad event never spoils the others."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event as hook

from bitrix import phpform, wire
from messaging import ingest
from messaging.classify import classify
from messaging.grpc_api import _raw_event
from teachbase.messaging.v1 import messaging_pb2 as pb

EVENTS = Path(__file__).parents[2] / "tests/fixtures/bitrix24/events"
NUL = "a\0b"
"""No text of Postgres holds it."""
COUNTED = """
    SELECT (SELECT count(*) FROM bitrix_inbound_events WHERE portal_id = :id) AS inbound,
           (SELECT count(*) FROM events WHERE portal_id = :id) AS events,
           (SELECT count(*) FROM messages WHERE portal_id = :id) AS messages,
           (SELECT count(*) FROM dialogs WHERE portal_id = :id) AS dialogs
"""


async def test_one_event_that_the_database_refuses_leaves_99_stored_and_itself_marked(
    service: Any, event_of: Any
) -> None:
    portal = await service.portal()
    events = [event_of(portal, 70101 + number) for number in range(100)]
    events[37].headers["x-strange"] = NUL

    receipts = await service.ingest(*events)

    outcomes = [receipt.outcome for receipt in receipts]
    assert outcomes[37] == pb.INBOUND_OUTCOME_ERROR
    assert outcomes.count(pb.INBOUND_OUTCOME_ACCEPTED) == 99
    counted = (await service.rows(COUNTED, id=portal.id))[0]
    assert (counted.inbound, counted.messages) == (99, 99)
    kept = await service.rows(
        "SELECT outcome, reason FROM bitrix_inbound_events WHERE id = CAST(:id AS uuid)", id=events[37].trace_id
    )
    assert [tuple(row) for row in kept] == [("error", "not_storable")]


@pytest.mark.parametrize("spoiled", ["path", "content_type", "method", "remote_ip"])
async def test_whatever_field_the_database_refuses_the_others_are_stored(
    service: Any, event_of: Any, spoiled: str
) -> None:
    portal = await service.portal()
    events = [event_of(portal, 70101), event_of(portal, 70102), event_of(portal, 70103)]
    setattr(events[1], spoiled, NUL)

    receipts = await service.ingest(*events)

    assert [receipt.outcome for receipt in receipts] == [
        pb.INBOUND_OUTCOME_ACCEPTED,
        pb.INBOUND_OUTCOME_ERROR,
        pb.INBOUND_OUTCOME_ACCEPTED,
    ]


class Strange(str):
    """A content type at which the reader fails: nothing from outside is known to make it."""

    __slots__ = ()

    def lower(self) -> str:
        raise RuntimeError("a fault of the reader")


async def test_one_event_at_which_the_reader_fails_leaves_99_stored_and_itself_marked(
    service: Any, event_of: Any
) -> None:
    portal = await service.portal()
    events = [_raw_event(event_of(portal, 70101 + number)) for number in range(100)]
    events[37] = replace(events[37], content_type=Strange("text/strange"))

    receipts = await service.fetcher._inbox.ingest(events)

    outcomes = [receipt.outcome for receipt in receipts]
    assert (outcomes[37], outcomes.count("accepted")) == ("unparsable", 99)
    kept = await service.rows("SELECT outcome, reason FROM bitrix_inbound_events WHERE id = :id", id=events[37].id)
    assert [tuple(row) for row in kept] == [("unparsable", "parser_failed")]
    assert (await service.rows(COUNTED, id=portal.id))[0].messages == 99


async def test_one_event_at_which_the_judge_fails_leaves_99_stored_and_itself_marked(
    service: Any, event_of: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    portal = await service.portal()

    def failing(parsed: Any, known: Any) -> Any:
        if parsed.event.message.id == 70138:
            raise KeyError("a fault of ours")
        return classify(parsed, known)

    monkeypatch.setattr(ingest, "classify", failing)

    receipts = await service.ingest(*(event_of(portal, 70101 + number) for number in range(100)))

    marked = [(place, one.reason) for place, one in enumerate(receipts) if one.outcome == pb.INBOUND_OUTCOME_ERROR]
    assert marked == [(37, "handler_failed")]
    assert (await service.rows(COUNTED, id=portal.id))[0].messages == 99


async def test_repeating_a_batch_gives_the_same_receipts_and_no_new_row(service: Any, event_of: Any) -> None:
    portal = await service.portal()
    events = [event_of(portal, 70101 + number, user_id=27 + number % 3) for number in range(20)]
    events += [event_of(portal, 70101)]

    first = await service.ingest(*events)
    before = await service.rows(COUNTED, id=portal.id)
    again = await service.ingest(*events)

    assert again == first
    assert await service.rows(COUNTED, id=portal.id) == before
    assert tuple(before[0]) == (21, 21, 20, 3)


async def test_the_same_message_told_by_both_generations_is_one_message(service: Any, raw_event: Any) -> None:
    portal = await service.portal()
    bodies = [
        (EVENTS / name).read_bytes() for name in ("09-v2-messageadd-private.txt", "30-v1-messageadd-private.txt")
    ]
    bodies[1] = bodies[1].replace(b"MESSAGE_ID%5D=70211", b"MESSAGE_ID%5D=70111")
    events = [raw_event(_owned(body, portal)) for body in bodies]
    ids = [_message_id(body) for body in bodies]
    assert ids[0] == ids[1]

    receipts = await service.ingest(*events)

    assert [receipt.outcome for receipt in receipts] == [
        pb.INBOUND_OUTCOME_ACCEPTED,
        pb.INBOUND_OUTCOME_DUPLICATE,
    ]
    assert len(await service.rows("SELECT 1 FROM messages WHERE portal_id = :id", id=portal.id)) == 1


async def test_the_number_of_statements_does_not_depend_on_the_size_of_the_batch(
    service: Any, event_of: Any
) -> None:
    portal = await service.portal()
    seen: list[str] = []
    engine = service.engine.sync_engine

    def note(_conn: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        seen.append(statement)

    hook.listen(engine, "before_cursor_execute", note)
    try:
        await service.ingest(*(event_of(portal, 1_000 + number) for number in range(2)))
        few = len(seen)
        seen.clear()
        await service.ingest(*(event_of(portal, 2_000 + number, user_id=number + 1) for number in range(300)))
    finally:
        hook.remove(engine, "before_cursor_execute", note)

    assert len(seen) == few
    assert few == 2


async def test_a_wrong_token_is_stored_under_no_portal(service: Any, event_of: Any) -> None:
    portal = await service.portal()
    event = event_of(portal)
    event.body = event.body.replace(portal.application_token.encode(), b"guessed")

    receipt = (await service.ingest(event))[0]

    assert (receipt.outcome, receipt.reason) == (pb.INBOUND_OUTCOME_REFUSED, "wrong_token")
    assert tuple((await service.rows(COUNTED, id=portal.id))[0]) == (0, 0, 0, 0)


def _owned(body: bytes, portal: Any) -> bytes:
    """The sample body, sent by this portal."""
    body = body.replace(b"5f2c1be07a9d4e63b8d0a1c2e3f40516", portal.member_id.encode())
    return body.replace(b"0c9f0e6d5b7a41c28e3d94f1a2b3c4d5", portal.application_token.encode())


def _message_id(body: bytes) -> int:
    return wire.read(dict(phpform.decode(body).fields)).message.id
