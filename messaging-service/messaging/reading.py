"""Dialogs, messages, events and the blackbox as they are looked at."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from kit import paging
from kit.errors import InvalidArgument
from messaging.domain import Dialog, Event, InboundEvent, Message
from messaging.errors import DialogNotFound, TraceNotFound
from messaging.repository import reading as statements


class Reading:
    """Reads pages, newest first. A page comes with the token of the next one ("" on the last)."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def dialogs(self, page_token: str, size: int, **filters: Any) -> tuple[list[Dialog], str]:
        """Return a page of dialogs, by last message."""
        async with self._engine.connect() as conn:
            found = await statements.dialogs_page(
                conn, before=_moment_and_id(page_token), limit=size + 1, **filters
            )
        token = ""
        if len(found) > size:
            last = found[size - 1]
            token = paging.encode(last.last_message_at.isoformat(), last.id)
        return found[:size], token

    async def dialog(self, dialog_id: UUID) -> Dialog:
        """Return a dialog. Raises DialogNotFound."""
        async with self._engine.connect() as conn:
            dialog = await statements.find_dialog(conn, dialog_id)
        if dialog is None:
            raise DialogNotFound(dialog_id=dialog_id)
        return dialog

    async def messages(self, page_token: str, size: int, **filters: Any) -> tuple[list[Message], str]:
        """Return a page of messages."""
        async with self._engine.connect() as conn:
            found = await statements.messages_page(
                conn, before=paging.decode_id(page_token), limit=size + 1, **filters
            )
        return found[:size], paging.encode(found[size - 1].id) if len(found) > size else ""

    async def events(self, page_token: str, size: int, **filters: Any) -> tuple[list[Event], str]:
        """Return a page of events."""
        async with self._engine.connect() as conn:
            found = await statements.events_page(
                conn, before=paging.decode_id(page_token), limit=size + 1, **filters
            )
        return found[:size], paging.encode(found[size - 1].id) if len(found) > size else ""

    async def inbound_events(self, page_token: str, size: int, **filters: Any) -> tuple[list[InboundEvent], str]:
        """Return a page of the blackbox."""
        async with self._engine.connect() as conn:
            found = await statements.inbound_page(
                conn, before=paging.decode_id(page_token), limit=size + 1, **filters
            )
        return found[:size], paging.encode(found[size - 1].id) if len(found) > size else ""

    async def count_answered(self, portal_id: UUID, user_id: int, since: datetime) -> int:
        """Return how many messages of a person were answered since a moment."""
        async with self._engine.connect() as conn:
            return await statements.count_answered(conn, portal_id, user_id, since)

    async def of_trace(self, trace_id: UUID) -> tuple[list[InboundEvent], list[Message], list[Event]]:
        """Return all that is known of a trace. Raises TraceNotFound."""
        none: dict[str, Any] = {"since": None, "until": None, "before": None, "portal_id": None}
        async with self._engine.connect() as conn:
            inbound = await statements.inbound_page(
                conn, trace_id=trace_id, domain="", event="", outcome="", limit=1, **none
            )
            messages = await statements.messages_page(
                conn,
                trace_id=trace_id,
                dialog_id=None,
                provider_message_id=0,
                state="",
                direction="",
                limit=paging.MAX_SIZE,
                **none,
            )
            events = await statements.events_page(conn, trace_id=trace_id, type_="", limit=paging.MAX_SIZE, **none)
        if not inbound and not messages:
            raise TraceNotFound(trace_id=trace_id.hex)
        return inbound, messages, events


def _moment_and_id(page_token: str) -> tuple[datetime, UUID] | None:
    keys = paging.decode(page_token, 2)
    try:
        return (datetime.fromisoformat(keys[0]), UUID(keys[1])) if keys else None
    except ValueError:
        raise InvalidArgument(field="cursor", problem="is not one that this list gave") from None
