"""Replay: today's code on what is stored, nothing answered twice, and a dry run leaves nothing."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from kit import ids
from kit.pb import enum_value
from messaging.domain import Outcome
from teachbase.messaging.v1 import blackbox_pb2 as pb
from teachbase.messaging.v1 import messaging_pb2
from teachbase.portal.v1 import portal_pb2

EVERYTHING = """
    SELECT (SELECT count(*) FROM bitrix_inbound_events) AS inbound, (SELECT count(*) FROM events) AS events,
           (SELECT count(*) FROM messages) AS messages, (SELECT count(*) FROM dialogs) AS dialogs,
           (SELECT count(*) FROM inbox_keys) AS keys, (SELECT count(*) FROM life_cycle_notices) AS notices,
           (SELECT outcome FROM bitrix_inbound_events WHERE id = CAST(:id AS uuid)) AS outcome
"""


@pytest.fixture(autouse=True)
def today(service: Any) -> None:
    """Ids are of now, and what is too old is judged by the clock."""
    service.clock.at = datetime.now(UTC)


async def replay(service: Any, event: Any, *, dry_run: bool = False) -> pb.ReplayInboundEventResponse:
    asked = pb.ReplayInboundEventRequest(id=str(UUID(hex=event.trace_id)), dry_run=dry_run)
    done: pb.ReplayInboundEventResponse = await service.blackbox.ReplayInboundEvent(asked)
    return done


def said(value: pb.Judgement) -> tuple[str, str]:
    name = messaging_pb2.InboundOutcome.Name(value.outcome)
    return name.removeprefix("INBOUND_OUTCOME_").lower(), value.reason


async def test_what_was_accepted_and_answered_is_a_duplicate(service: Any, event_of: Any) -> None:
    portal = await service.portal()
    asked = event_of(portal)
    await service.ingest(asked)
    await service.respond()
    before = await service.rows(EVERYTHING, id=asked.trace_id)

    done = [await replay(service, asked) for _ in range(3)]
    await service.respond()

    assert {said(one.after) for one in done} == {("duplicate", "taken_in_before")}
    assert {(one.effect.changes, one.effect.answers) for one in done} == {(False, False)}
    assert {said(one.effect.judged) for one in done} == {("accepted", "")}
    assert len(service.handed(portal)) == 1
    assert await service.rows(EVERYTHING, id=asked.trace_id) == before


async def test_what_was_refused_while_its_portal_was_unknown_is_answered_once(service: Any, event_of: Any) -> None:
    stranger = type(await service.portal())()
    early = event_of(stranger)
    await service.ingest(early)
    await service.portal(portal=stranger)
    before = await service.rows(EVERYTHING, id=early.trace_id)

    would = await replay(service, early, dry_run=True)
    unchanged = await service.rows(EVERYTHING, id=early.trace_id)
    await service.respond()
    handed_by_dry_run = service.handed(stranger)
    done = await replay(service, early)
    again = await replay(service, early)
    await service.second_look.round()
    await service.respond()

    assert (said(would.before), said(would.after)) == (("refused", "unknown_portal"), ("accepted", ""))
    assert (would.effect.changes, would.effect.answers) == (True, True)
    assert would.effect.portal_id == str(stranger.id)
    assert unchanged == before
    assert handed_by_dry_run == []
    assert said(done.after) == ("accepted", "")
    assert said(again.after) == ("duplicate", "taken_in_before")
    assert [one.trace_id for one in service.handed(stranger)] == [early.trace_id]


async def test_of_two_that_tell_one_message_only_one_is_taken_in(service: Any, event_of: Any) -> None:
    stranger = type(await service.portal())()
    early = [event_of(stranger, 70101), event_of(stranger, 70101)]
    await service.ingest(*early)
    await service.portal(portal=stranger)

    done = [await replay(service, one) for one in early]
    await service.respond()

    assert [said(one.after)[0] for one in done] == ["accepted", "duplicate"]
    assert [one.trace_id for one in service.handed(stranger)] == [early[0].trace_id]


async def test_a_forged_token_stays_refused(service: Any, event_of: Any) -> None:
    portal = await service.portal()
    forged = event_of(portal)
    forged.body = forged.body.replace(portal.application_token.encode(), b"guessed")
    await service.ingest(forged)
    before = await service.rows(EVERYTHING, id=forged.trace_id)

    done = await replay(service, forged)

    assert said(done.after) == ("refused", "wrong_token")
    assert not done.effect.changes
    assert await service.rows(EVERYTHING, id=forged.trace_id) == before


async def test_what_was_ignored_while_its_portal_was_suspended_is_answered_once(
    service: Any, event_of: Any
) -> None:
    portal = await service.portal(portal_pb2.PORTAL_STATE_SUSPENDED)
    ignored = event_of(portal)
    await service.ingest(ignored)
    still = await replay(service, ignored)
    await service.portal(portal=portal)

    done = await replay(service, ignored)
    again = await replay(service, ignored)
    await service.respond()

    assert (said(still.after), still.effect.changes) == (("ignored", "portal_suspended"), False)
    assert (said(done.after), done.effect.answers) == (("accepted", ""), True)
    assert said(again.after) == ("duplicate", "taken_in_before")
    assert [one.trace_id for one in service.handed(portal)] == [ignored.trace_id]


async def test_what_was_left_unanswered_by_a_worker_stays_so(service: Any, event_of: Any) -> None:
    portal = await service.portal(mode=portal_pb2.ACCESS_MODE_LIST, user_ids=(31,))
    asked = event_of(portal)
    await service.ingest(asked)
    await service.respond()
    refusals = len([one for one in service.handed(portal) if one.provider_dialog_id == "27"])
    await service.execute(  # as an older release would have noted it
        "UPDATE bitrix_inbound_events SET outcome = 'ignored', reason = 'extranet' WHERE id = CAST(:id AS uuid)",
        id=asked.trace_id,
    )

    done = await replay(service, asked)
    await service.respond()

    assert said(done.after)[0] == "duplicate"
    assert len([one for one in service.handed(portal) if one.provider_dialog_id == "27"]) == refusals == 1


@pytest.mark.parametrize(
    ("changed", "reason"), [("body_truncated = true", "body_cut"), ("id = CAST(:old AS uuid)", "too_old")]
)
async def test_what_cannot_be_told_apart_any_more_is_not_taken_in(
    service: Any, event_of: Any, changed: str, reason: str
) -> None:
    stranger = type(await service.portal())()
    early = event_of(stranger)
    await service.ingest(early)
    await service.portal(portal=stranger)
    old = ids.derive(ids.floor_of(service.clock() - timedelta(days=35)), uuid4())
    given = {"old": old} if ":old" in changed else {}
    await service.execute(
        f"UPDATE bitrix_inbound_events SET {changed} WHERE id = CAST(:id AS uuid)",
        id=early.trace_id,
        **given,
    )
    if given:
        early.trace_id = old.hex

    done = await replay(service, early)

    assert said(done.after) == ("refused", reason)
    assert not done.effect.changes


async def test_the_life_of_the_application_is_not_replayed(service: Any, raw_event: Any, event_of: Any) -> None:
    stranger = type(await service.portal())()
    install = event_of(stranger)
    install.body = install.body.replace(b"ONIMBOTV2MESSAGEADD", b"ONAPPINSTALL")
    await service.ingest(install)
    before = await service.rows(EVERYTHING, id=install.trace_id)

    done = await replay(service, install)

    assert said(done.after) == ("refused", "life_cycle_not_replayed")
    assert await service.rows(EVERYTHING, id=install.trace_id) == before
    assert raw_event


async def test_what_the_database_refused_is_taken_in_when_it_can_be_stored(service: Any, event_of: Any) -> None:
    portal = await service.portal()
    spoiled = event_of(portal)
    spoiled.headers["x-strange"] = "a\0b"
    await service.ingest(spoiled)

    done = await replay(service, spoiled)
    await service.respond()

    assert (said(done.before), said(done.after)) == (("error", "not_storable"), ("accepted", ""))
    assert [one.trace_id for one in service.handed(portal)] == [spoiled.trace_id]


async def test_many_are_counted_first_and_then_replayed_in_order(service: Any, event_of: Any) -> None:
    stranger = type(await service.portal())()
    early = [event_of(stranger, 70101 + number) for number in range(205)]
    forged = event_of(stranger, 70999)
    forged.body = forged.body.replace(stranger.application_token.encode(), b"guessed")
    await service.ingest(*early, forged)
    await service.execute(
        "UPDATE bitrix_inbound_events SET domain = :domain WHERE member_id = :member",
        domain=stranger.member_id,
        member=stranger.member_id,
    )
    await service.portal(portal=stranger)
    refused = enum_value(messaging_pb2.InboundOutcome, Outcome.REFUSED)
    wanted = pb.ReplayInboundEventsRequest(
        domain=stranger.member_id, outcome=refused, reason="unknown_portal", dry_run=True
    )

    counted = await service.blackbox.ReplayInboundEvents(wanted)
    untouched = await service.rows("SELECT 1 FROM messages WHERE portal_id = :id", id=stranger.id)
    wanted.dry_run = False
    first = await service.blackbox.ReplayInboundEvents(wanted)
    wanted.page_token = first.next_page_token
    second = await service.blackbox.ReplayInboundEvents(wanted)
    await service.respond()

    assert (counted.matched, counted.replayed, counted.remaining) == (206, 0, 206)
    assert untouched == []
    assert (first.replayed, first.remaining, dict(first.outcomes)) == (200, 6, {"accepted": 200})
    assert (second.matched, second.replayed, second.remaining) == (6, 6, 0)
    assert dict(second.outcomes) == {"accepted": 5, "refused": 1}
    assert second.next_page_token == ""
    taken = await service.rows(
        "SELECT id FROM messages WHERE portal_id = :id AND direction = 'rx'", id=stranger.id
    )
    assert len(taken) == 205


async def test_a_fetched_event_needs_no_token(service: Any) -> None:
    portal = await service.portal(event_mode=portal_pb2.EVENT_MODE_FETCH)
    service.context.pages = [{"events": [_fetched()], "nextOffset": 2, "hasMore": False}]
    [fetch] = [one for one in await service.fetcher.claim(100) if one.portal_id == portal.id]
    unknown = replace(fetch, member_id=uuid4().hex)
    await service.fetcher.take(unknown)
    [row] = await service.rows(
        "SELECT id, reason FROM bitrix_inbound_events WHERE member_id = :member", member=unknown.member_id
    )
    await service.execute(
        "UPDATE bitrix_inbound_events SET member_id = :right WHERE id = :id", right=portal.member_id, id=row.id
    )

    done = await service.blackbox.ReplayInboundEvent(pb.ReplayInboundEventRequest(id=str(row.id)))

    assert row.reason == "unknown_portal"
    assert said(done.after) == ("accepted", "")
    assert done.effect.answers


def _fetched() -> dict[str, Any]:
    return {
        "eventId": 1,
        "type": "ONIMBOTV2MESSAGEADD",
        "date": "2026-09-21T12:00:00+03:00",
        "data": {
            "bot": {"id": 812},
            "message": {"id": 501, "authorId": 27, "text": "Вопрос", "isSystem": False},
            "chat": {"dialogId": "27"},
            "user": {"id": 27, "active": True, "type": "employee"},
        },
    }
