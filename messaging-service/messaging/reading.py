"""Dialogs, messages, events and the blackbox as they are looked at."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from functools import partial
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from kit import ids, paging
from kit.ids import NIL
from messaging import windows
from messaging.domain import Dialog, Event, InboundEvent, Message
from messaging.errors import DialogNotFound, TraceNotFound
from messaging.repository import reading as statements
from messaging.repository import traces
from messaging.repository.reading import AROUND
from messaging.windows import ALL, Budget, Window

LATE = timedelta(days=2)
"""How long after a question its replies may have been made."""
_MS = timedelta(milliseconds=1)

T = TypeVar("T", Message, Event, InboundEvent)


class Reading:
    """Reads pages, newest first. A page comes with the token of the next one ("" on the last).

    What is rare may take longer to find than a page may take: then the page is short, even empty, and its token
    goes on from where it was looked so far.
    """

    def __init__(self, engine: AsyncEngine, budget_s: float = windows.BUDGET_S) -> None:
        self._engine = engine
        self._budget_s = budget_s

    async def dialogs(
        self, page_token: str, size: int, *, since: datetime | None, until: datetime | None, portal_id: UUID | None
    ) -> tuple[list[Dialog], str]:
        """Return a page of dialogs, by last message."""
        before = paging.decode_moment_and_id(page_token)
        # Dialogs of the token's very millisecond are on both sides of it.
        bounds = Window(windows.floor(since), windows.floor(until)).and_before(
            windows.floor(before[0] + _MS) if before else None
        )
        async with self._looking() as conn:
            read = partial(
                statements.dialogs_page, conn, portal_id=portal_id, since=since, until=until, before=before
            )
            parts = await statements.parts(conn, "messages")
            found, rest = await windows.walk(parts, bounds, size + 1, read, Budget(self._budget_s))
        if len(found) > size:
            last = found[size - 1]
            return found[:size], paging.encode(last.last_message_at.isoformat(), last.id)
        return found, paging.encode(ids.time_of(rest).isoformat(), NIL) if rest else ""

    async def dialog(self, dialog_id: UUID) -> Dialog:
        """Return a dialog. Raises DialogNotFound."""
        async with self._engine.connect() as conn:
            dialog = await statements.find_dialog(conn, dialog_id)
        if dialog is None:
            raise DialogNotFound(dialog_id=dialog_id)
        return dialog

    async def messages(
        self,
        page_token: str,
        size: int,
        *,
        portal_id: UUID | None,
        dialog_id: UUID | None,
        trace_id: UUID | None,
        message_id: UUID | None,
        **filters: Any,
    ) -> tuple[list[Message], str]:
        """Return a page of messages."""
        async with self._looking() as conn:
            if trace_id:
                portal_id = portal_id or await traces.portal_of(conn, trace_id) or NIL
                dialog_id = dialog_id or await traces.dialog_of(conn, portal_id, trace_id) or NIL
            elif dialog_id and not portal_id:
                dialog = await statements.find_dialog(conn, dialog_id)
                portal_id = dialog.portal_id if dialog else NIL
            filters |= {"portal_id": portal_id, "dialog_id": dialog_id, "trace_id": trace_id}
            within = _with_replies(trace_id) if trace_id else ALL
            if message_id:
                within = Window(message_id, UUID(int=message_id.int + 1))
            return await self._page(conn, "messages", statements.messages_page, page_token, size, within, filters)

    async def events(
        self, page_token: str, size: int, *, portal_id: UUID | None, trace_id: UUID | None, **filters: Any
    ) -> tuple[list[Event], str]:
        """Return a page of events."""
        async with self._looking() as conn:
            if trace_id:
                portal_id = portal_id or await traces.portal_of(conn, trace_id) or NIL
            filters |= {"portal_id": portal_id, "trace_id": trace_id}
            within = Window(trace_id, None)
            return await self._page(conn, "events", statements.events_page, page_token, size, within, filters)

    async def inbound_events(
        self, page_token: str, size: int, *, trace_id: UUID | None, **filters: Any
    ) -> tuple[list[InboundEvent], str]:
        """Return a page of the blackbox."""
        filters["trace_id"] = trace_id
        within = Window(trace_id, windows.after(trace_id, _MS)) if trace_id else ALL
        async with self._looking() as conn:
            table, read = "bitrix_inbound_events", statements.inbound_page
            return await self._page(conn, table, read, page_token, size, within, filters)

    async def count_answered(self, portal_id: UUID, user_id: int, since: datetime) -> int:
        """Return how many messages of a person were answered since a moment."""
        async with self._engine.connect() as conn:
            return await statements.count_answered(conn, portal_id, user_id, since)

    async def of_trace(self, trace_id: UUID) -> tuple[list[InboundEvent], list[Message], list[Event]]:
        """Return all that is known of a trace. Raises TraceNotFound."""
        known: dict[str, Any] = {"trace_id": trace_id, "since": None, "until": None, "limit": paging.MAX_SIZE}
        async with self._looking() as conn:
            known["portal_id"] = portal_id = await traces.portal_of(conn, trace_id)
            if portal_id is None:
                raise TraceNotFound(trace_id=trace_id.hex)
            request = await statements.find_inbound(conn, trace_id)
            messages = await statements.messages_page(
                conn,
                _with_replies(trace_id),
                dialog_id=await traces.dialog_of(conn, portal_id, trace_id) or NIL,
                provider_message_id=0,
                state="",
                direction="",
                **known,
            )
            events = await statements.events_page(conn, Window(trace_id, None), type_="", **known)
        if not request and not messages:
            raise TraceNotFound(trace_id=trace_id.hex)
        return [request] if request else [], messages, events

    async def _page(
        self,
        conn: AsyncConnection,
        table: str,
        read: Callable[..., Awaitable[list[T]]],
        page_token: str,
        size: int,
        within: Window,
        filters: dict[str, Any],
    ) -> tuple[list[T], str]:
        """Return a page of a list that is ordered by id."""
        since, until = filters["since"], filters["until"]
        bounds = within.and_from(windows.floor(since - AROUND) if since else None)
        bounds = bounds.and_before(windows.floor(until + AROUND) if until else None)
        bounds = bounds.and_before(paging.decode_id(page_token))
        parts = await statements.parts(conn, table)
        # What has few rows has an index for itself: then windows would only be more statements.
        is_served = any(filters.get(name) for name in ("dialog_id", "trace_id", "provider_message_id"))
        begin = windows.WHOLE if is_served else windows.FIRST
        found, rest = await windows.walk(
            parts, bounds, size + 1, partial(read, conn, **filters), Budget(self._budget_s), begin
        )
        if len(found) > size:
            return found[:size], paging.encode(found[size - 1].id)
        return found, paging.encode(rest) if rest else ""

    @asynccontextmanager
    async def _looking(self) -> AsyncIterator[AsyncConnection]:
        async with self._engine.connect() as conn:
            await statements.begin(conn)
            yield conn


def _with_replies(trace_id: UUID) -> Window:
    return Window(trace_id, windows.after(trace_id, LATE))
