"""Lists are read in windows of time: every row once, whatever is asked for and wherever a page ends."""

import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from kit import ids, paging, partitions
from messaging import windows
from messaging.app import partitioned
from messaging.domain import reply_id_of
from messaging.reading import Reading
from messaging.windows import ALL, Budget, Part, Window
from teachbase.messaging.v1 import messaging_pb2 as pb

NOW = datetime.now(UTC).replace(microsecond=0)
LONG_AGO = NOW - timedelta(days=300)
"""Of no partition."""
MESSAGE = """
    INSERT INTO messages (portal_id, id, dialog_id, trace_id, provider_message_id, direction, kind, author_id,
                          body, state, created_at)
    VALUES (:portal_id, :id, :dialog_id, :trace_id, :number, :direction, 'text', 27, 'Вопрос', :state, :at)
"""
CROWD = """
    INSERT INTO messages (portal_id, id, dialog_id, trace_id, provider_message_id, direction, kind, author_id,
                          body, state, created_at)
    SELECT :portal_id, id, :portal_id, id, 0, 'rx', 'text', 27, repeat('Вопрос ', 100), 'answered', now()
    FROM unnest(CAST(:ids AS uuid[])) AS id
"""
DIALOG = """
    INSERT INTO dialogs (portal_id, id, provider_dialog_id, provider_dialog_id_raw, user_id, kind, last_message_at)
    VALUES (:portal_id, :id, '27', '27', 27, 'private', :at)
    ON CONFLICT (portal_id, id) DO UPDATE SET last_message_at = excluded.last_message_at
"""


def id_of(at: datetime) -> UUID:
    return ids.stamp(ids.milliseconds(at), int.from_bytes(os.urandom(10)))


async def wrote(service: Any, portal: Any, at: datetime, **given: Any) -> UUID:
    """A message of a moment, with the dialog that it touches."""
    message_id = given.pop("id", None) or id_of(at)
    row = {"dialog_id": uuid4(), "trace_id": message_id, "number": 0, "direction": "rx", "state": "answered"}
    row |= {"portal_id": portal.id, "id": message_id, "at": at, **given}
    await service.execute(MESSAGE, **row)
    await service.execute(DIALOG, portal_id=portal.id, id=row["dialog_id"], at=at)
    return message_id


async def pages(read: Callable[[str], Any], field: str) -> tuple[list[str], int]:
    """All ids of a list, and on how many pages they came."""
    found: list[str] = []
    token, count = "", 0
    while True:
        page = await read(token)
        found += [one.id for one in getattr(page, field)]
        count += 1
        assert count < 500
        if not (token := page.next_page_token):
            return found, count


@pytest.fixture
async def history(service: Any) -> tuple[Any, list[UUID]]:
    """A portal that wrote today, after weeks of silence, and long before any partition; ids newest first."""
    portal = await service.portal()
    await partitions.ensure(service.engine, partitioned(timedelta(days=180)), NOW - timedelta(days=40))
    moments = [NOW - timedelta(seconds=number // 3) for number in range(20)]  # three of a moment
    moments += [NOW - timedelta(days=40, minutes=number) for number in range(20)]
    moments += [LONG_AGO - timedelta(days=number) for number in range(10)]
    states = ["answered", "ignored", "failed"]
    written = [
        await wrote(service, portal, at, state=states[number % 3], number=900 + number)
        for number, at in enumerate(moments)
    ]
    return portal, sorted(written, reverse=True)


@pytest.mark.parametrize(("size", "is_filtered"), [(1, True), (7, True), (200, True), (7, False), (200, False)])
async def test_pages_hold_every_row_once_across_silence_and_outside_of_partitions(
    service: Any, history: Any, size: int, is_filtered: bool
) -> None:
    portal, written = history
    portal_id = str(portal.id) if is_filtered else ""

    async def read(token: str) -> Any:
        return await service.stub.ListMessages(
            pb.ListMessagesRequest(portal_id=portal_id, page_size=size, page_token=token)
        )

    found, count = await pages(read, "messages")

    assert found == sorted(found, reverse=True)
    assert len(found) == len(set(found))
    assert [one for one in found if UUID(one) in set(written)] == list(map(str, written))
    assert count == -(-len(found) // size)


@pytest.mark.parametrize(
    ("filters", "wanted"),
    [
        ({"state": pb.MESSAGE_STATE_FAILED}, 16),
        ({"state": pb.MESSAGE_STATE_IGNORED, "direction": pb.DIRECTION_RX}, 17),
        ({"provider_message_id": 945}, 1),
        ({"state": pb.MESSAGE_STATE_PENDING}, 0),
    ],
)
async def test_a_filter_finds_its_rows_wherever_they_are(
    service: Any, history: Any, filters: dict[str, Any], wanted: int
) -> None:
    portal, written = history

    async def read(token: str) -> Any:
        return await service.stub.ListMessages(pb.ListMessagesRequest(page_size=5, page_token=token, **filters))

    found, _ = await pages(read, "messages")

    assert len([one for one in found if UUID(one) in set(written)]) == wanted
    assert portal


async def test_when_the_time_is_up_the_token_goes_on_from_there(service: Any, history: Any) -> None:
    portal, written = history
    crowd = [id_of(NOW - timedelta(minutes=20 * number)) for number in range(2_000)]
    await service.execute(CROWD, portal_id=uuid4(), ids=crowd)  # more than the first window holds
    hasty = Reading(service.engine, budget_s=0)
    asked: dict[str, Any] = {
        "dialog_id": None,
        "trace_id": None,
        "message_id": None,
        "provider_message_id": 0,
        "direction": "",
        "since": None,
    }
    asked |= {"portal_id": portal.id, "until": None, "state": ""}
    found: list[UUID] = []
    token, short = "", 0

    while True:
        page, token = await hasty.messages(token, 50, **asked)
        found += [one.id for one in page]
        short += bool(token) and len(page) < 50
        if not token:
            break

    assert found == written
    assert short > 0


async def test_since_and_until_bound_a_list_by_the_rows_own_moment(service: Any, history: Any) -> None:
    portal, _ = history
    request = pb.ListMessagesRequest(portal_id=str(portal.id))
    request.since.FromDatetime(NOW - timedelta(days=40, minutes=9))
    request.until.FromDatetime(NOW - timedelta(days=40, minutes=2))

    page = await service.stub.ListMessages(request)

    assert len(page.messages) == 7
    assert page.next_page_token == ""


async def test_dialogs_page_by_their_last_message_each_once(service: Any, history: Any) -> None:
    portal, written = history

    async def read(token: str) -> Any:
        return await service.stub.ListDialogs(
            pb.ListDialogsRequest(portal_id=str(portal.id), page_size=3, page_token=token)
        )

    found, _ = await pages(read, "dialogs")

    assert len(found) == len(set(found)) == len(written)


async def test_dialogs_that_move_while_they_are_paged_come_once_and_the_others_all(service: Any) -> None:
    portal = await service.portal()
    moments = [NOW - timedelta(minutes=number) for number in range(12)]
    dialogs = [uuid4() for _ in moments]
    for dialog_id, at in zip(dialogs, moments, strict=True):
        await wrote(service, portal, at, dialog_id=dialog_id)
    moved = dialogs[-1]

    async def read(token: str) -> Any:
        page = await service.stub.ListDialogs(
            pb.ListDialogsRequest(portal_id=str(portal.id), page_size=2, page_token=token)
        )
        await wrote(service, portal, NOW + timedelta(seconds=1), dialog_id=moved)
        return page

    found, _ = await pages(read, "dialogs")

    assert found == [str(one) for one in dialogs[:-1]]


async def test_a_dialog_is_found_without_its_portal_and_so_are_its_messages(service: Any) -> None:
    portal, dialog_id = await service.portal(), uuid4()
    message_id = await wrote(service, portal, LONG_AGO, dialog_id=dialog_id)

    found = await service.stub.GetDialog(pb.GetDialogRequest(dialog_id=str(dialog_id)))
    page = await service.stub.ListMessages(pb.ListMessagesRequest(dialog_id=str(dialog_id)))
    strange = await service.stub.ListMessages(pb.ListMessagesRequest(dialog_id=str(uuid4())))

    assert found.dialog.portal_id == str(portal.id)
    assert [one.id for one in page.messages] == [str(message_id)]
    assert list(strange.messages) == []


async def test_a_trace_has_its_late_reply_and_how_it_ended_days_later(service: Any) -> None:
    portal, dialog_id = await service.portal(), uuid4()
    asked = await wrote(service, portal, NOW - timedelta(days=4), dialog_id=dialog_id)
    late = NOW - timedelta(days=3)
    at_once = reply_id_of(asked, 0)
    for reply_id, at in ((at_once, NOW - timedelta(days=4)), (id_of(late), late)):
        of_it = {"id": reply_id, "dialog_id": dialog_id, "trace_id": asked, "direction": "tx", "state": "sent"}
        await wrote(service, portal, at, **of_it)
    await wrote(service, portal, late, dialog_id=dialog_id)
    await service.execute(
        """
        INSERT INTO events (portal_id, id, trace_id, type, provider_event, provider_event_id, message_id, reason,
                            payload)
        VALUES (:portal_id, :id, :trace_id, 'send_ok', '', '', :message_id, '', '{}')
        """,
        portal_id=portal.id,
        id=id_of(NOW),
        trace_id=asked,
        message_id=at_once,
    )

    inbound, messages, events = await Reading(service.engine).of_trace(asked)
    listed = await service.stub.ListMessages(pb.ListMessagesRequest(trace_id=asked.hex))
    ended = await service.stub.ListEvents(pb.ListEventsRequest(trace_id=asked.hex))

    assert inbound == []
    assert [one.direction for one in messages] == ["tx", "tx", "rx"]
    assert [one.id for one in listed.messages] == [str(one.id) for one in messages]
    assert [one.type for one in events] == [one.type for one in ended.events] == ["send_ok"]


@pytest.mark.parametrize("token", [paging.encode(UUID(int=(1 << 128) - 1)), paging.encode(ids.NIL)])
async def test_the_ends_of_all_ids_are_places_in_a_list(service: Any, token: str) -> None:
    page = await service.stub.ListMessages(pb.ListMessagesRequest(page_token=token, trace_id="f" * 32))

    assert list(page.messages) == []


DAY = 86_400_000
PARTS = [Part(3 * DAY, 4 * DAY, 8_000), Part(2 * DAY, 3 * DAY, 0), Part(DAY, 2 * DAY, 4_000)]


@pytest.mark.parametrize(
    ("end_ms", "size", "first_ms"),
    [
        (None, 2_000, 3 * DAY + DAY * 3 // 4),
        (3 * DAY + DAY // 2, 4_001, 2 * DAY - DAY // 4000),
        (None, 12_000, None),
        (DAY, 1, None),
    ],
)
def test_a_window_is_so_much_of_the_table(end_ms: int | None, size: int, first_ms: int | None) -> None:
    end = None if end_ms is None else ids.stamp(end_ms, 0)

    first = windows.reach(PARTS, end, size)

    assert first == (None if first_ms is None else ids.stamp(first_ms, 0))


async def test_windows_grow_while_they_cost_little_and_end_when_the_time_is_up() -> None:
    read: list[Window] = []
    now = 0.0

    async def one(window: Window, limit: int) -> list[str]:
        nonlocal now
        assert limit == 1
        now += 0.01
        read.append(window)
        return []

    parts = [Part(0, 1 << 40, 1 << 40)]
    found, rest = await windows.walk(parts, ALL, 1, one, Budget(0.06, lambda: now))

    assert found == []
    assert rest == read[-1].first
    assert [window.end for window in read[1:]] == [window.first for window in read[:-1]]
    assert 2 < len(read) < 10
