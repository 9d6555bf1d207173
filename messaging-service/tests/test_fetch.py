"""Fetch mode: a page is stored before the next is asked for, whatever fails in between."""

from typing import Any

import grpc

from kit.errors import DomainError
from teachbase.portal.v1 import portal_pb2 as pb

FETCH, WEBHOOK = pb.EVENT_MODE_FETCH, pb.EVENT_MODE_WEBHOOK
STORED = "SELECT provider_message_id, state FROM messages WHERE portal_id = :id AND direction = 'rx' ORDER BY 1"
FETCHES = "SELECT * FROM fetches WHERE portal_id = :id"


def event(event_id: int, message_id: int) -> dict[str, Any]:
    """A message of user 27, as imbot.v2.Event.get gives it: typed, without a token."""
    return {
        "eventId": event_id,
        "type": "ONIMBOTV2MESSAGEADD",
        "date": "2026-09-21T12:00:00+03:00",
        "data": {
            "bot": {"id": 812},
            "message": {"id": message_id, "authorId": 27, "text": "Вопрос", "isSystem": False},
            "chat": {"dialogId": "27"},
            "user": {"id": 27, "active": True, "type": "employee"},
        },
    }


def page(*events: dict[str, Any], has_more: bool = False) -> dict[str, Any]:
    return {
        "events": list(events),
        "nextOffset": events[-1]["eventId"] + 1 if events else 0,
        "hasMore": has_more,
    }


async def take(service: Any) -> list[float]:
    """Ask the portals that are due, once each."""
    return [await service.fetcher.take(one) for one in await service.fetcher.claim(10)]


async def test_fetched_events_are_stored_answered_and_only_then_let_go(service: Any) -> None:
    portal = await service.portal(event_mode=FETCH)
    service.context.pages = [page(event(1001, 70101), event(1002, 70102)), page()]

    waits = await take(service)
    await service.respond()
    service.clock.advance(2.1)
    waits += await take(service)

    assert [row.provider_message_id for row in await service.rows(STORED, id=portal.id)] == [70101, 70102]
    assert len(service.handed(portal)) == 2
    assert [asked.offset for asked in service.context.fetched] == [0, 1003]
    assert waits == [2.0, 7.0]


async def test_a_page_that_comes_again_after_a_crash_is_stored_once(service: Any) -> None:
    portal = await service.portal(event_mode=FETCH)
    service.context.pages = [page(event(1001, 70101)), page(event(1001, 70101), event(1002, 70102))]
    await take(service)
    # The worker died after it had stored the page, and before the next offset: the row is as it was.
    await service.execute("UPDATE fetches SET next_offset = 0 WHERE portal_id = :id", id=portal.id)
    service.clock.advance(61)

    await take(service)

    assert [row.provider_message_id for row in await service.rows(STORED, id=portal.id)] == [70101, 70102]
    assert [asked.offset for asked in service.context.fetched] == [0, 0]


async def test_a_portal_that_does_not_answer_is_asked_less_and_less_and_the_row_says_why(service: Any) -> None:
    portal = await service.portal(event_mode=FETCH)
    service.context.fetch_refusal = grpc.StatusCode.UNAVAILABLE

    waits = []
    for _ in range(9):
        waits += await take(service)
        service.clock.advance(301)

    (row,) = await service.rows(FETCHES, id=portal.id)
    assert waits == [5.0, 10.0, 20.0, 40.0, 80.0, 160.0, 300.0, 300.0, 300.0]
    assert (row.failures, bool(row.cause), row.next_offset) == (9, True, 0)


class NoBudget(DomainError):
    status, reason, message = grpc.StatusCode.UNAVAILABLE, "PORTAL_UNAVAILABLE", "{code}"


async def test_a_portal_whose_replies_need_its_budget_is_asked_soon_again_and_nothing_failed(service: Any) -> None:
    portal = await service.portal(event_mode=FETCH)
    service.context.fetch_refusal = NoBudget(code="rate_budget_used_up", kind="throttle")

    waits = []
    for _ in range(4):
        waits += await take(service)
        service.clock.advance(2.1)

    (row,) = await service.rows(FETCHES, id=portal.id)
    assert (waits, row.failures) == ([2.0] * 4, 0)


async def test_what_waits_after_the_way_back_is_not_forgotten_before_it_came(service: Any) -> None:
    portal = await service.portal(event_mode=FETCH)
    await service.portal(event_mode=WEBHOOK, portal=portal)
    service.context.fetch_refusal = grpc.StatusCode.UNAVAILABLE
    for _ in range(5):
        await take(service)
        service.clock.advance(3600)
    service.context.fetch_refusal = None
    service.context.pages = [page(event(1001, 70101)), page()]

    await take(service)
    service.clock.advance(3)
    await take(service)

    assert [row.provider_message_id for row in await service.rows(STORED, id=portal.id)] == [70101]
    assert await service.rows(FETCHES, id=portal.id) == []


async def test_nobody_else_asks_a_portal_that_is_being_asked(service: Any) -> None:
    await service.portal(event_mode=FETCH)

    first, second = await service.fetcher.claim(10), await service.fetcher.claim(10)

    assert (len(first), second) == (1, [])


async def test_after_the_way_back_what_waits_is_still_fetched_and_then_nothing(service: Any) -> None:
    portal = await service.portal(event_mode=FETCH)
    await service.portal(event_mode=WEBHOOK, portal=portal)
    service.context.pages = [page(event(1001, 70101)), page()]

    await take(service)
    service.clock.advance(2.1)
    await take(service)

    assert [row.provider_message_id for row in await service.rows(STORED, id=portal.id)] == [70101]
    assert await service.rows(FETCHES, id=portal.id) == []


async def test_a_page_of_nonsense_is_stored_as_what_it_is_and_passed(service: Any) -> None:
    portal = await service.portal(event_mode=FETCH)
    service.context.pages = [{"events": [None, {"eventId": 5}], "nextOffset": 6, "hasMore": False}]

    await take(service)

    (row,) = await service.rows(FETCHES, id=portal.id)
    assert (row.next_offset, row.failures) == (6, 0)


async def test_a_portal_speaks_its_own_language_first(service: Any) -> None:
    portal = await service.portal(mode=pb.ACCESS_MODE_LIST, user_ids=(27,), language="en")

    await service.respond()

    assert service.handed(portal)[0].body.startswith("Hello!")
