"""What is made of the feeds of portal and delivery: welcomes once, outcomes once, however often they are told."""

import asyncio
from dataclasses import replace
from hashlib import sha256
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from kit.ids import NIL
from kit.pb import moment
from messaging import ingest, texts
from teachbase.delivery.v1 import delivery_pb2
from teachbase.messaging.v1 import messaging_pb2 as pb
from teachbase.portal.v1 import feed_pb2, portal_pb2

LIST = portal_pb2.ACCESS_MODE_LIST


async def test_each_user_is_welcomed_once_however_often_the_portal_is_told(service: Any) -> None:
    portal = await service.portal(mode=LIST, user_ids=(27, 31))
    await service.portal(mode=LIST, user_ids=(27, 31, 40), portal=portal)
    await service.portal(mode=LIST, user_ids=(31,), portal=portal)
    await service.portal(mode=LIST, user_ids=(27, 31), portal=portal)

    await service.respond()

    handed = service.handed(portal)
    assert sorted(one.provider_dialog_id for one in handed) == ["27", "31", "40"]
    assert {one.body for one in handed} == {texts.GREETING["ru"]}
    assert {one.priority for one in handed} == {delivery_pb2.PRIORITY_BULK}


async def test_a_welcome_that_is_older_than_messages_are_kept_was_sent(service: Any) -> None:
    portal = await service.portal(mode=LIST, user_ids=(27, 31))
    await service.respond()
    asked = pb.GetProvisionRequest(portal_id=str(portal.id), user_ids=[27, 31, 40])
    before = await service.stub.GetProvision(asked)
    await service.execute("DELETE FROM messages WHERE portal_id = :portal_id", portal_id=portal.id)

    after = await service.stub.GetProvision(asked)

    assert (before.total, before.ok) == (3, 0)  # under way
    assert (after.total, after.ok, list(after.failed)) == (3, 2, [])


async def test_nobody_is_welcomed_before_the_portal_is_active(service: Any) -> None:
    portal = await service.portal(portal_pb2.PORTAL_STATE_INSTALLING, LIST, (27,))

    await service.respond()

    assert service.handed(portal) == []


async def test_an_old_page_of_portals_changes_nothing(service: Any) -> None:
    portal = await service.portal()
    gone = feed_pb2.PortalChange(
        portal_id=str(portal.id), member_id=portal.member_id, state=portal_pb2.PORTAL_STATE_UNINSTALLED
    )

    await service.changes.apply(feed_pb2.WatchPortalsResponse(changes=[gone], cursor=1))

    assert [row.state for row in await service.rows("SELECT state FROM portals WHERE id = :id", id=portal.id)] == [
        "active"
    ]


@pytest.mark.parametrize(
    ("state", "type_", "message_state", "provider_id"),
    [
        (delivery_pb2.OUTBOX_STATE_SENT, "send_ok", "sent", 70555),
        (delivery_pb2.OUTBOX_STATE_DEAD, "send_err", "failed", 0),
    ],
)
async def test_an_outcome_told_twice_is_one_event(
    service: Any,
    event_of: Any,
    next_cursor: Any,
    state: Any,
    type_: str,
    message_state: str,
    provider_id: int,
) -> None:
    portal = await service.portal()
    asked = event_of(portal)
    await service.ingest(asked)
    await service.respond()
    reply = service.handed(portal)[0]
    outcome = delivery_pb2.Outcome(
        portal_id=reply.portal_id,
        message_id=reply.id,
        dialog_id=reply.dialog_id,
        state=state,
        provider_message_id=provider_id,
        cause="" if provider_id else "ACCESS_DENIED",
        trace_id=reply.trace_id,
        at=moment(service.clock()),
    )

    for cursor in (next_cursor(), next_cursor()):
        await service.outcomes.apply(delivery_pb2.WatchOutcomesResponse(outcomes=[outcome], cursor=cursor))

    told = await service.rows(
        "SELECT type, trace_id FROM events WHERE portal_id = :id AND message_id = :message_id",
        id=portal.id,
        message_id=UUID(reply.id),
    )
    assert [(row.type, row.trace_id.hex) for row in told] == [(type_, asked.trace_id)]
    kept = await service.rows(
        "SELECT state, provider_message_id FROM messages WHERE id = :id AND portal_id = :portal_id",
        id=UUID(reply.id),
        portal_id=portal.id,
    )
    assert [tuple(row) for row in kept] == [(message_state, provider_id)]


async def test_events_that_overtook_the_news_of_the_install_are_taken_in_with_it(
    service: Any, event_of: Any
) -> None:
    portal = await service.portal(portal_pb2.PORTAL_STATE_ACTIVE)
    stranger = type(portal)()
    early, forged = event_of(stranger, 70101), event_of(stranger, 70102)
    forged.body = forged.body.replace(stranger.application_token.encode(), b"guessed")
    refused = await service.ingest(early, forged)

    await service.portal(portal=stranger)
    await service.second_look.round()
    await service.respond()

    assert {receipt.reason for receipt in refused} == {"unknown_portal"}
    assert [one.trace_id for one in service.handed(stranger)] == [early.trace_id]


async def test_an_event_with_an_unknown_application_token_is_asked_about_and_taken_in_when_it_proves_true(
    service: Any, event_of: Any
) -> None:
    portal = await service.portal()
    renewed = replace(portal, application_token="renewed")
    events = [event_of(renewed, 70101), event_of(renewed, 70102), event_of(type(portal)(), 70103)]

    receipts = await service.ingest(*events)
    async with asyncio.timeout(5):
        while not service.context.asked:  # noqa: ASYNC110 - there is no event to wait for
            await asyncio.sleep(0.01)
    await service.portal(portal=renewed)
    await service.second_look.round()
    await service.respond()

    assert [receipt.reason for receipt in receipts] == ["wrong_token", "wrong_token", "unknown_portal"]
    (asked,) = service.context.asked
    assert (asked.member_id, asked.access_token) == (portal.member_id, "of-the-author")
    assert (asked.application_token_hash, asked.remote_ip) == (sha256(b"renewed").digest(), "203.0.113.7")
    assert [one.trace_id for one in service.handed(renewed)] == [event.trace_id for event in events[:2]]


async def test_an_event_judged_before_the_news_and_stored_after_it_is_taken_in_too(
    service: Any, event_of: Any
) -> None:
    portal = await service.portal()
    late = event_of(portal, 70101)
    await service.ingest(late)
    await service.second_look.round()
    # As by an Ingest that read the portals before the feed stored this one, and committed after it.
    for table in ("messages", "inbox_keys"):
        await service.execute(f"DELETE FROM {table} WHERE portal_id = :id", id=portal.id)
    for table in ("bitrix_inbound_events", "events"):
        sql = f"UPDATE {table} SET portal_id = :nobody WHERE portal_id = :id"
        await service.execute(sql, id=portal.id, nobody=NIL)
    await service.execute(
        "UPDATE bitrix_inbound_events SET outcome = 'refused' WHERE member_id = :member", member=portal.member_id
    )

    service.clock.advance(6)
    await service.second_look.round()
    await service.respond()

    assert [one.trace_id for one in service.handed(portal)] == [late.trace_id]


async def test_an_event_that_cannot_be_stored_holds_up_neither_its_portal_nor_the_feed(
    service: Any, event_of: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    stranger = type(await service.portal())()
    early = [event_of(stranger, 70101 + number) for number in range(3)]
    await service.ingest(*early)
    await service.portal(portal=stranger)
    store = ingest.store

    async def refuse_one(conn: Any, events: Any, *rest: Any) -> Any:
        if any(event.id.hex == early[1].trace_id for event in events):
            await conn.execute(text("SELECT CAST('no' || :id AS integer)"), {"id": "t a number"})
        return await store(conn, events, *rest)

    monkeypatch.setattr(ingest, "store", refuse_one)
    await service.second_look.round()
    await service.respond()

    assert [one.trace_id for one in service.handed(stranger)] == [early[0].trace_id, early[2].trace_id]
    left = await service.rows(
        "SELECT outcome, reason FROM bitrix_inbound_events WHERE portal_id = :nobody AND member_id = :member",
        nobody=NIL,
        member=stranger.member_id,
    )
    assert [tuple(row) for row in left] == [("error", "not_storable")]


async def test_a_list_pages_to_its_end_and_a_strange_cursor_is_refused(service: Any, event_of: Any) -> None:
    portal = await service.portal()
    await service.ingest(*(event_of(portal, 70101 + number, user_id=1 + number % 3) for number in range(7)))
    seen: list[str] = []
    token = ""

    while True:
        request = pb.ListMessagesRequest(portal_id=str(portal.id), page_size=3, page_token=token)
        page = await service.stub.ListMessages(request)
        seen += [one.id for one in page.messages]
        if not (token := page.next_page_token):
            break

    assert len(seen) == len(set(seen)) == 7
    assert seen == sorted(seen, reverse=True)
