"""Statements that look: lists and traces."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Column, Row, Select, Table, func, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from kit import ids
from messaging.domain import Dialog, Event, InboundEvent, Message, Outcome
from messaging.tables import bitrix_inbound_events, dialogs, events, messages

_INBOUND = [c for c in bitrix_inbound_events.c if c.name not in {"body", "headers", "token_hash"}]


AROUND = timedelta(seconds=10)
"""How far a row's moment may be from the time in its id, which bounds the partitions that are read."""


async def dialogs_page(
    conn: AsyncConnection,
    *,
    portal_id: UUID | None,
    since: datetime | None,
    until: datetime | None,
    before: tuple[datetime, UUID] | None,
    limit: int,
) -> list[Dialog]:
    """Return dialogs by last message, newest first."""
    key = (dialogs.c.last_message_at, dialogs.c.id)
    statement = select(dialogs).order_by(*(column.desc() for column in key)).limit(limit)
    if portal_id:
        statement = statement.where(dialogs.c.portal_id == portal_id)
    if since:
        statement = statement.where(dialogs.c.last_message_at >= since)
    if until:
        statement = statement.where(dialogs.c.last_message_at < until)
    if before:
        statement = statement.where(tuple_(*key) < before)
    return [_dialog(row) for row in await conn.execute(statement)]


async def find_dialog(conn: AsyncConnection, dialog_id: UUID) -> Dialog | None:
    """Return a dialog."""
    row = (await conn.execute(select(dialogs).where(dialogs.c.id == dialog_id))).first()
    return _dialog(row) if row else None


async def messages_page(
    conn: AsyncConnection,
    *,
    portal_id: UUID | None,
    dialog_id: UUID | None,
    trace_id: UUID | None,
    provider_message_id: int,
    state: str,
    direction: str,
    since: datetime | None,
    until: datetime | None,
    before: UUID | None,
    limit: int,
) -> list[Message]:
    """Return messages, newest first, older than `before`."""
    statement = _newest(messages, since, until, before, limit)
    if trace_id is None:
        # The bot let into a dialog is owed a greeting, but nobody wrote a message.
        statement = statement.where(messages.c.kind != "join")
    wanted: list[tuple[Column[Any], Any]] = [
        (messages.c.portal_id, portal_id),
        (messages.c.dialog_id, dialog_id),
        (messages.c.trace_id, trace_id),
        (messages.c.provider_message_id, provider_message_id),
        (messages.c.state, state),
        (messages.c.direction, direction),
    ]
    for column, value in wanted:
        if value:
            statement = statement.where(column == value)
    return [_message(row) for row in await conn.execute(statement)]


async def events_page(
    conn: AsyncConnection,
    *,
    portal_id: UUID | None,
    trace_id: UUID | None,
    type_: str,
    since: datetime | None,
    until: datetime | None,
    before: UUID | None,
    limit: int,
) -> list[Event]:
    """Return events, newest first, older than `before`."""
    statement = _newest(events, since, until, before, limit)
    if portal_id:
        statement = statement.where(events.c.portal_id == portal_id)
    if trace_id:
        statement = statement.where(events.c.trace_id == trace_id)
    if type_:
        statement = statement.where(events.c.type == type_)
    return [_event(row) for row in await conn.execute(statement)]


async def inbound_page(
    conn: AsyncConnection,
    *,
    portal_id: UUID | None,
    trace_id: UUID | None,
    domain: str,
    event: str,
    outcome: str,
    reason: str = "",
    since: datetime | None,
    until: datetime | None,
    before: UUID | None,
    limit: int,
) -> list[InboundEvent]:
    """Return blackbox rows, newest first, older than `before`."""
    statement = _newest(bitrix_inbound_events, since, until, before, limit).with_only_columns(*_INBOUND)
    wanted: list[tuple[Column[Any], Any]] = [
        (bitrix_inbound_events.c.portal_id, portal_id),
        (bitrix_inbound_events.c.id, trace_id),
        (bitrix_inbound_events.c.domain, domain),
        (bitrix_inbound_events.c.event, event),
        (bitrix_inbound_events.c.outcome, outcome),
        (bitrix_inbound_events.c.reason, reason),
    ]
    for column, value in wanted:
        if value:
            statement = statement.where(column == value)
    return [_inbound(row) for row in await conn.execute(statement)]


async def find_inbound(conn: AsyncConnection, event_id: UUID) -> InboundEvent | None:
    """Return a blackbox row."""
    row = (await conn.execute(select(*_INBOUND).where(bitrix_inbound_events.c.id == event_id))).first()
    return _inbound(row) if row else None


def _newest(
    table: Table, since: datetime | None, until: datetime | None, before: UUID | None, limit: int
) -> Select[Any]:
    """Select from a table ranged by a UUIDv7 id: moments become ids, so partitions are pruned."""
    statement = select(table).order_by(table.c.id.desc()).limit(limit)
    moment = table.c.received_at if "received_at" in table.c else table.c.created_at
    if since:
        statement = statement.where(table.c.id >= ids.floor_of(since - AROUND), moment >= since)
    if until:
        statement = statement.where(table.c.id < ids.floor_of(until + AROUND), moment < until)
    if before:
        statement = statement.where(table.c.id < before)
    return statement


def _dialog(row: Row[Any]) -> Dialog:
    return Dialog(
        id=row.id,
        portal_id=row.portal_id,
        provider_dialog_id=row.provider_dialog_id,
        provider_dialog_id_raw=row.provider_dialog_id_raw,
        user_id=row.user_id,
        kind=row.kind,
        state=row.state,
        last_message_at=row.last_message_at,
        created_at=row.created_at,
    )


def _message(row: Row[Any]) -> Message:
    return Message(
        id=row.id,
        portal_id=row.portal_id,
        dialog_id=row.dialog_id,
        trace_id=row.trace_id,
        provider_message_id=row.provider_message_id,
        direction=row.direction,
        author_id=row.author_id,
        body=row.body,
        state=row.state,
        reason=row.reason,
        reply_to=row.reply_to,
        steps=row.steps,
        created_at=row.created_at,
    )


def _event(row: Row[Any]) -> Event:
    return Event(
        id=row.id,
        portal_id=row.portal_id,
        trace_id=row.trace_id,
        type=row.type,
        provider_event=row.provider_event,
        provider_event_id=row.provider_event_id,
        dialog_id=row.dialog_id,
        message_id=row.message_id,
        reason=row.reason,
        payload=row.payload,
        created_at=row.created_at,
    )


def _inbound(row: Row[Any]) -> InboundEvent:
    values = {column.name: getattr(row, column.name) for column in _INBOUND}
    return InboundEvent(**{**values, "outcome": Outcome(row.outcome)})


async def count_answered(conn: AsyncConnection, portal_id: UUID, user_id: int, since: datetime) -> int:
    """Return how many messages of a person were answered since a moment."""
    statement = (
        select(func.count())
        .select_from(messages)
        .where(
            messages.c.portal_id == portal_id,
            messages.c.id >= ids.floor_of(since),
            messages.c.direction == "rx",
            messages.c.author_id == user_id,
            messages.c.state == "answered",
        )
    )
    return await conn.scalar(statement) or 0
