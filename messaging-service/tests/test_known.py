"""Portals held in memory: asked for once, forgotten when the feed brings a change, never trusted to refuse."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import event as hook

from messaging import known
from messaging.repository import inbox
from teachbase.messaging.v1 import messaging_pb2 as pb
from teachbase.portal.v1 import portal_pb2

ACCEPTED, REFUSED, IGNORED = (
    pb.INBOUND_OUTCOME_ACCEPTED,
    pb.INBOUND_OUTCOME_REFUSED,
    pb.INBOUND_OUTCOME_IGNORED,
)


@contextmanager
def statements(service: Any) -> Iterator[list[str]]:
    """The statements that are executed meanwhile."""
    seen: list[str] = []

    def note(_conn: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        seen.append(statement)

    hook.listen(service.engine.sync_engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        hook.remove(service.engine.sync_engine, "before_cursor_execute", note)


async def outcome(service: Any, event: Any) -> int:
    return int((await service.ingest(event))[0].outcome)


async def test_a_portal_is_asked_for_once(service: Any, event_of: Any) -> None:
    portal = await service.portal()
    await service.known.look()
    await service.ingest(event_of(portal, 1))

    with statements(service) as seen:
        told = await outcome(service, event_of(portal, 2))

    assert (told, len(seen)) == (ACCEPTED, 1)


async def test_a_change_is_felt_after_the_next_look(service: Any, event_of: Any) -> None:
    portal = await service.portal()
    await service.known.look()
    await service.ingest(event_of(portal, 1))

    await service.portal(state=portal_pb2.PORTAL_STATE_UNINSTALLED, portal=portal)
    await service.known.look()

    assert await outcome(service, event_of(portal, 2)) == IGNORED


async def test_what_was_read_before_a_change_is_not_held_after_it(service: Any, event_of: Any) -> None:
    portal = await service.portal()
    await service.known.look()

    async def changed_meanwhile(*args: Any) -> Any:
        found = await read(*args)
        await service.portal(state=portal_pb2.PORTAL_STATE_UNINSTALLED, portal=portal)
        await service.known.look()
        return found

    with pytest.MonkeyPatch.context() as patch:
        read = inbox.portals_by_member
        patch.setattr(inbox, "portals_by_member", changed_meanwhile)
        before = await outcome(service, event_of(portal, 1))
    after = await outcome(service, event_of(portal, 2))

    assert (before, after) == (ACCEPTED, IGNORED)


async def test_nobody_is_refused_for_what_is_held(service: Any, event_of: Any) -> None:
    portal = await service.portal()
    await service.known.look()
    await service.ingest(event_of(portal, 1))

    # Its new token comes before the next look.
    renewed = await service.portal(portal=replace(portal, application_token="f" * 32))

    assert await outcome(service, event_of(renewed, 2)) == ACCEPTED
    assert await outcome(service, event_of(portal, 3)) == REFUSED


async def test_without_looks_nothing_held_is_believed(
    service: Any, event_of: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    portal = await service.portal()
    await service.known.look()
    await service.ingest(event_of(portal, 1))
    await service.portal(state=portal_pb2.PORTAL_STATE_UNINSTALLED, portal=portal)

    monkeypatch.setattr(known, "_TRUSTED_S", 0.0)

    assert await outcome(service, event_of(portal, 2)) == IGNORED
