"""The outbox from outside: taking messages in, looking at them, telling outcomes."""

from collections.abc import Callable, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from delivery.domain import Attempt, OutboundMessage, OutboxItem, Outcome
from delivery.errors import OutboxItemNotFound
from delivery.repository import lanes, outbox, outcomes, reading
from kit import paging
from kit.queue import Bell

DELIVER = "deliver"
"""The job that says: look at the lanes."""


class Outbox:
    """Takes messages in and shows them."""

    def __init__(self, engine: AsyncEngine, bell: Bell, now: Callable[[], datetime]) -> None:
        self._engine = engine
        self._bell = bell
        self._now = now

    async def enqueue(self, messages: Sequence[OutboundMessage]) -> int:
        """Store messages and ring. Returns how many were new; an id that is there is left as it is."""
        now = self._now()
        async with self._engine.begin() as conn:
            new = await outbox.insert(conn, messages, now)
            if new:
                await lanes.make_due(conn, sorted({m.portal_id for m in messages if m.id in new}), now)
        if new:
            self._bell.ring(DELIVER)
        return len(new)

    async def get(self, item_id: UUID) -> tuple[OutboxItem, list[Attempt]]:
        """Return an item with its attempts. Raises OutboxItemNotFound."""
        async with self._engine.connect() as conn:
            item = await reading.find(conn, item_id)
            if item is None:
                raise OutboxItemNotFound(id=item_id)
            return item, await reading.attempts_of(conn, item.portal_id, item.id)

    async def page(
        self,
        *,
        portal_id: UUID | None,
        trace_id: str,
        dialog_id: UUID | None,
        state: str,
        cause: str,
        since: datetime | None,
        until: datetime | None,
        page_token: str,
        size: int,
    ) -> tuple[list[OutboxItem], str]:
        """Return a page, newest first, and the token of the next one ("" on the last)."""
        async with self._engine.connect() as conn:
            found = await reading.page(
                conn,
                portal_id=portal_id,
                trace_id=trace_id,
                dialog_id=dialog_id,
                state=state,
                cause=cause,
                since=since,
                until=until,
                before=paging.decode_id(page_token),
                limit=size + 1,
            )
        return found[:size], paging.encode(found[size - 1].id) if len(found) > size else ""

    async def of_trace(self, trace_id: str) -> list[tuple[OutboxItem, list[Attempt]]]:
        """Return the items of a trace with their attempts."""
        async with self._engine.connect() as conn:
            items = await reading.page(
                conn,
                portal_id=None,
                trace_id=trace_id,
                dialog_id=None,
                state="",
                cause="",
                since=None,
                until=None,
                before=None,
                limit=paging.MAX_SIZE,
            )
            return [(item, await reading.attempts_of(conn, item.portal_id, item.id)) for item in items]

    async def outcomes(self, cursor: int, limit: int) -> list[Outcome]:
        """Return the next page of the feed of outcomes."""
        async with self._engine.connect() as conn:
            return await outcomes.after(conn, cursor, limit)
