"""Fetch mode: portals that cannot reach us are asked for their events (contract 5.6).

A page is stored before the next one is asked for, because asking deletes what came before: at least once, and the
inbox's keys make it once.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

import orjson
import structlog
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bitrix import wire
from bitrix.events import Fetched, as_map
from kit import ids, metrics
from kit.errors import PeerError
from kit.pb import enum_name
from messaging.clients.portal import PortalClient
from messaging.domain import Fetch, RawEvent
from messaging.ingest import Inbox
from messaging.parse import Parsed
from messaging.repository import fetches as statements
from teachbase.portal.v1 import feed_pb2
from teachbase.portal.v1 import portal_pb2 as pb

log = structlog.get_logger("fetch")

PAGE = 200
MAX_RUNNING = 20
LEASE = timedelta(seconds=60)
PATH = "imbot.v2.Event.get"
_ASKED_FOR = {"installing", "active", "suspended"}
_GONE = {"uninstalled", "dead"}
_WAITS = {"rate_budget_used_up", "method_braked", "breaker_open"}
"""No request was made: nothing is wrong with the portal's events."""
_BUSY_S = 2.0
_IDLE_S = (5.0, 7.0, 10.0, 15.0, 20.0, 30.0)
"""Each request is one of the portal's budget (contract 5.6 says 5 to 30 s, 2 s while there are more)."""
_MAX_FAILURE_S = 300.0


async def follow(conn: AsyncConnection, change: feed_pb2.PortalChange, portal_id: UUID, now: datetime) -> None:
    """Begin or end asking a portal, as its settings say, in the caller's transaction."""
    state = enum_name(pb.PortalState, change.state)
    if state in _GONE:
        await statements.forget(conn, portal_id)
    elif change.settings.event_mode == pb.EVENT_MODE_FETCH and state in _ASKED_FOR:
        await statements.begin(conn, portal_id, now)
    else:
        await statements.end(conn, portal_id, now)


class Fetcher:
    """Asks portals for their events."""

    def __init__(
        self, engine: AsyncEngine, portal: PortalClient, inbox: Inbox, now: Callable[[], datetime]
    ) -> None:
        self._engine = engine
        self._portal = portal
        self._inbox = inbox
        self._now = now

    async def claim(self, free: int) -> list[Fetch]:
        """Hold portals that are due."""
        now = self._now()
        async with self._engine.begin() as conn:
            return await statements.claim(conn, now, now + LEASE, min(free, MAX_RUNNING))

    async def take(self, fetch: Fetch) -> float:
        """Store a page of a portal's events. Returns the seconds after which to ask again."""
        try:
            page = await self._portal.fetch_events(fetch.portal_id, fetch.next_offset, PAGE)
        except PeerError as error:
            return await self._failed(fetch, error)
        fetched = wire.read_fetched(page, fetch.member_id)
        if fetched.events:
            now = self._now()
            items = as_map(page)["events"]
            events = [_raw(item, now) for item in items]
            parsed = [Parsed(event, "" if event.name else "no_event", is_fetched=True) for event in fetched.events]
            await self._inbox.take_in(events, parsed)
        elif fetch.ends_at:
            async with self._engine.begin() as conn:
                await statements.forget(conn, fetch.portal_id)
            return 0.0
        return await self._go_on(fetch, fetched)

    async def _go_on(self, fetch: Fetch, fetched: Fetched) -> float:
        quiet = 0 if fetched.events else min(fetch.quiet + 1, len(_IDLE_S) - 1)
        wait_s = 0.0 if fetched.has_more and fetched.events else _BUSY_S if fetched.events else _IDLE_S[quiet]
        now = self._now()
        next_offset = max(fetch.next_offset, fetched.next_offset)
        async with self._engine.begin() as conn:
            await statements.go_on(conn, fetch.portal_id, next_offset, quiet, now, now + timedelta(seconds=wait_s))
        return wait_s

    async def _failed(self, fetch: Fetch, error: PeerError) -> float:
        now = self._now()
        if error.detail.get("code") in _WAITS:  # its replies need its budget now
            async with self._engine.begin() as conn:
                due_at = now + timedelta(seconds=_BUSY_S)
                await statements.failed(conn, fetch.portal_id, fetch.failures, "", due_at)
            return _BUSY_S
        metrics.BACKGROUND_FAILURES.labels("fetch").inc()
        failures = fetch.failures + 1
        wait_s = float(min(_IDLE_S[0] * 2 ** min(fetch.failures, 10), _MAX_FAILURE_S))
        log.warning("events not fetched", portal_id=str(fetch.portal_id), reason=error.reason, failures=failures)
        async with self._engine.begin() as conn:
            due_at = now + timedelta(seconds=wait_s)
            await statements.failed(conn, fetch.portal_id, failures, error.reason, due_at)
        return wait_s


def _raw(item: object, now: datetime) -> RawEvent:
    """One fetched event as the blackbox keeps it."""
    return RawEvent(
        id=ids.uuid7(),
        received_at=now,
        method="POST",
        path=PATH,
        content_type="application/json",
        body=orjson.dumps(item),
        body_truncated=False,
        headers={},
        remote_ip="",
    )
