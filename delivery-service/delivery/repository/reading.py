"""Statements that look: lists, details, the feed of outcomes."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, case, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from delivery.domain import Attempt, OutboxItem, State
from delivery.tables import delivery_attempts, lanes, outbox
from kit import ids
from kit.db import sql

_NOT_SHOWN = {"body", "seq", "lease_token", "unknown_since", "cause", "next_step", "due_at"}
_waits = outbox.c.state.in_([State.CREATED, State.RETRY, State.UNKNOWN])
_by_lane = _waits & (outbox.c.cause == "")
# What waits without a cause of its own waits for its lane, and shows what holds that up.
_held_up = func.coalesce(func.nullif(lanes.c.blocked, ""), lanes.c.cause, "")
_cause: ColumnElement[str] = case((_by_lane, _held_up), else_=outbox.c.cause)
# What was sent has no cause. In the words of the two partial indexes, so that it is not read to find one.
_has_cause = sql("(outbox.state IN ('created', 'sending', 'unknown', 'retry') OR outbox.state = 'dead')")
_SEEN: Select[Any] = select(
    *(column for column in outbox.c if column.name not in _NOT_SHOWN),
    _cause.label("cause"),
    case((_by_lane, func.coalesce(lanes.c.next_step, "")), else_=outbox.c.next_step).label("next_step"),
    case((_waits, func.greatest(outbox.c.due_at, lanes.c.parked_until)), else_=outbox.c.due_at).label("due_at"),
).join_from(outbox, lanes, lanes.c.portal_id == outbox.c.portal_id, isouter=True)


def begins_with(cause: ColumnElement[str], code: str) -> ColumnElement[bool]:
    """Return the condition that a code is what a cause begins with, up to its colon."""
    return func.split_part(cause, ":", 1) == code


async def page(
    conn: AsyncConnection,
    *,
    portal_id: UUID | None,
    trace_id: str,
    dialog_id: UUID | None,
    state: str,
    cause: str,
    since: datetime | None,
    until: datetime | None,
    before: UUID | None,
    limit: int,
) -> list[OutboxItem]:
    """Return outbox items, newest first, older than `before`."""
    statement = _SEEN.order_by(outbox.c.id.desc()).limit(limit)
    if portal_id:
        statement = statement.where(outbox.c.portal_id == portal_id)
    if trace_id:
        statement = statement.where(outbox.c.trace_id == trace_id)
    if dialog_id:
        statement = statement.where(outbox.c.dialog_id == dialog_id)
    if state:
        statement = statement.where(outbox.c.state == state)
    if cause:
        statement = statement.where(_has_cause, begins_with(_cause, cause))
    if since:
        statement = statement.where(outbox.c.id >= ids.floor_of(since))
    if until:
        statement = statement.where(outbox.c.id < ids.floor_of(until))
    if before:
        statement = statement.where(outbox.c.id < before)
    return [_item(row) for row in await conn.execute(statement)]


async def find(conn: AsyncConnection, item_id: UUID) -> OutboxItem | None:
    """Return an outbox item."""
    row = (await conn.execute(_SEEN.where(outbox.c.id == item_id))).first()
    return _item(row) if row else None


async def attempts_of(conn: AsyncConnection, portal_id: UUID, item_id: UUID) -> list[Attempt]:
    """Return the requests made for an item, oldest first."""
    statement = (
        select(delivery_attempts)
        .where(delivery_attempts.c.portal_id == portal_id, delivery_attempts.c.outbox_id == item_id)
        .order_by(delivery_attempts.c.id)
    )
    return [
        Attempt(row.created_at, row.outcome, row.status, row.code, row.latency_ms, row.wait_ms, row.request_id)
        for row in await conn.execute(statement)
    ]


def _item(row: Row[Any]) -> OutboxItem:
    return OutboxItem(
        id=row.id,
        portal_id=row.portal_id,
        dialog_id=row.dialog_id,
        provider_dialog_id=row.provider_dialog_id,
        part=row.part,
        state=State(row.state),
        attempts=row.attempts,
        due_at=row.due_at,
        cause=row.cause,
        next_step=row.next_step,
        provider_message_id=row.provider_message_id,
        uuid=row.uuid,
        trace_id=row.trace_id,
        created_at=row.created_at,
        sent_at=row.sent_at,
    )
