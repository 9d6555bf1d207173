"""Portals' traffic: counted by the hour from what is stored, portal told of silence, and the checks made of it."""

import secrets
from datetime import datetime, timedelta
from typing import Any

import grpc
import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from kit import ids
from teachbase.portal.v1 import portal_pb2

HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
async def alone(service: Any) -> None:
    """Portals of other tests are looked at by nobody."""
    await service.execute("UPDATE portals SET state = 'uninstalled'")


async def write(service: Any, event_of: Any, portal: Any, at: datetime, message_id: int) -> None:
    trace_id = ids.stamp(ids.milliseconds(at), secrets.randbits(80)).hex
    received = Timestamp()
    received.FromDatetime(at)
    event = event_of(portal, message_id, trace_id=trace_id)
    event.received_at.CopyFrom(received)
    await service.ingest(event)


async def write_for_days(service: Any, event_of: Any, portal: Any, days: int) -> datetime:
    """Somebody writes at ten and at eleven o'clock, every day before today; returns when last."""
    at: datetime = service.clock()
    for day in range(days, 0, -1):
        for hour in (10, 11):
            at = service.clock().replace(hour=hour, minute=20) - timedelta(days=day)
            await write(service, event_of, portal, at, day * 100 + hour)
    return at


async def test_hours_are_counted_once_from_the_messages_that_are_stored(service: Any, event_of: Any) -> None:
    portal = await service.portal()
    last = await write_for_days(service, event_of, portal, 3)

    await service.traffic.round()
    service.clock.advance(3600)
    await write(service, event_of, portal, service.clock() - HOUR / 2, 7)
    await service.traffic.round()
    service.clock.advance(3601)
    await service.traffic.round()

    rows = await service.rows(
        "SELECT hour, messages FROM traffic_hours WHERE portal_id = :id ORDER BY hour", id=portal.id
    )
    assert [row.messages for row in rows] == [1] * 7
    assert rows[5].hour == last.replace(minute=0)
    assert len({row.hour for row in rows}) == 7


async def test_portal_hears_when_somebody_wrote_last_and_only_the_news(service: Any, event_of: Any) -> None:
    portal = await service.portal()
    last = await write_for_days(service, event_of, portal, 1)

    await service.traffic.round()
    service.clock.advance(3601)
    await service.traffic.round()

    (told,) = service.context.traffic
    assert (told.portal_id, told.is_silent) == (str(portal.id), False)
    assert told.last_message_at.ToDatetime() == last.replace(tzinfo=None)


async def test_portal_hears_of_silence_and_of_its_end(service: Any, event_of: Any) -> None:
    portal = await service.portal()
    await write_for_days(service, event_of, portal, 14)
    await service.traffic.round()
    service.clock.advance(timedelta(days=4).total_seconds())

    await service.traffic.round()
    await write(service, event_of, portal, service.clock(), 1)
    service.clock.advance(3601)
    await service.traffic.round()

    assert [told.is_silent for told in service.context.traffic] == [False, True, False]
    assert service.context.traffic[1].expected >= 6


async def test_silence_that_lasts_for_months_stays_an_alert(service: Any, event_of: Any) -> None:
    portal = await service.portal()
    await write_for_days(service, event_of, portal, 14)
    await service.traffic.round()

    for _ in range(3):
        service.clock.advance(timedelta(days=40).total_seconds())
        await service.traffic.round()

    assert [told.is_silent for told in service.context.traffic] == [False, True, True, True]


async def test_while_portal_is_away_the_news_waits(service: Any, event_of: Any) -> None:
    portal = await service.portal()
    await write_for_days(service, event_of, portal, 1)
    service.context.refusal = grpc.StatusCode.UNAVAILABLE

    await service.traffic.round()
    service.context.refusal = None
    service.clock.advance(301)
    await service.traffic.round()

    assert len(service.context.traffic) == 2
    assert service.context.traffic[0] == service.context.traffic[1]


async def test_a_portal_that_is_not_served_is_not_watched(service: Any, event_of: Any) -> None:
    portal = await service.portal(state=portal_pb2.PORTAL_STATE_SUSPENDED)
    await write_for_days(service, event_of, portal, 1)

    await service.traffic.round()

    assert service.context.traffic == []
    traffic = next(one for one in await service.diagnoses.make(portal.id) if one.name == "usual_traffic")
    assert traffic.state == "skipped"


async def test_the_checks_say_what_is_seen_now(service: Any, event_of: Any) -> None:
    portal = await service.portal()
    await write_for_days(service, event_of, portal, 14)
    await service.respond()
    await service.traffic.round()
    well = await service.diagnoses.make(portal.id)
    service.clock.advance(timedelta(days=4).total_seconds())
    await write(
        service, event_of, await service.portal(), service.clock(), 1
    )  # another portal's is not this one's

    quiet = await service.diagnoses.make(portal.id)

    assert {one.name: one.state for one in well} == {
        "answers_given": "ok",
        "events_fetched": "ok",
        "usual_traffic": "ok",
    }
    assert {one.name: one.state for one in quiet} == {
        "answers_given": "ok",
        "events_fetched": "ok",
        "usual_traffic": "failed",
    }


async def test_a_person_who_waits_too_long_is_seen(service: Any, event_of: Any) -> None:
    portal = await service.portal()
    await service.ingest(event_of(portal))
    soon = await service.diagnoses.make(portal.id)
    service.clock.advance(121)

    late = await service.diagnoses.make(portal.id)

    assert [one.state for one in soon if one.name == "answers_given"] == ["ok"]
    (found,) = [one for one in late if one.name == "answers_given"]
    assert (found.state, found.evidence) == ("failed", {"dialogs_waiting": 1, "longest_s": 121})
