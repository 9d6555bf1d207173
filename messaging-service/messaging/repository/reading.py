"""Statements that look: lists, a window of ids at a time, after `begin`; single rows; counts."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ColumnElement, Select, Table, func, literal, or_, select, true, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from kit import ids, partitions
from kit.db import sql
from messaging.domain import Dialog, Event, InboundEvent, Message
from messaging.repository import shown
from messaging.tables import bitrix_inbound_events, dialogs, events, messages
from messaging.windows import Part, Window

AROUND = timedelta(seconds=10)
"""How far a row's moment may be from the time in its id, which bounds the partitions that are read."""
_EACH = 0
"""OFFSET of a subquery that looks into the index for each row outside: else all dialogs may be read instead."""
_ENDED = "type IN ('send_ok', 'send_err')"


async def begin(conn: AsyncConnection) -> None:
    """Have this transaction's statements planned for their values, which say what partitions are read, and on one
    processor: who looks is in nobody's way.
    """
    await conn.execute(
        sql("""
            SELECT set_config('plan_cache_mode', 'force_custom_plan', true),
                   set_config('max_parallel_workers_per_gather', '0', true)
        """)
    )


async def parts(conn: AsyncConnection, table: str) -> list[Part]:
    """Return the partitions of a table, newest first, without the one that takes what no other does."""
    rows = await conn.execute(
        sql("""
            SELECT c.relname AS name, coalesce(pg_relation_size(c.oid), 0) AS size,
                   CAST(extract(epoch FROM now()) * 1000 AS bigint) AS now_ms
            FROM pg_inherits AS i JOIN pg_class AS c ON c.oid = i.inhrelid
            WHERE i.inhparent = CAST(:table AS regclass) ORDER BY c.relname DESC
        """),
        {"table": table},
    )
    found = []
    for row in rows:
        if (period := partitions.period_of(row.name)) is None:
            continue
        first_ms = ids.milliseconds(period.start)
        # The one that is written to has its rows before now.
        end_ms = min(ids.milliseconds(period.end), max(row.now_ms, first_ms + 1))
        found.append(Part(first_ms, end_ms, row.size))
    return found


async def dialogs_page(
    conn: AsyncConnection,
    window: Window,
    *,
    portal_id: UUID | None,
    since: datetime | None,
    until: datetime | None,
    before: tuple[datetime, UUID] | None,
    limit: int,
) -> list[Dialog]:
    """Return dialogs whose last message falls into a window, newest first.

    No index has the moment of the last message, which every message moves: dialogs are found by the messages of
    the window. One that has a newer message is in the newer one's window.
    """
    touched = select(messages.c.portal_id, messages.c.dialog_id).distinct()
    if portal_id:
        touched = touched.where(messages.c.portal_id == portal_id)
    if window.first:
        first = ids.time_of(window.first)
        touched = touched.where(messages.c.id >= ids.floor_of(first - AROUND))
        since = max(since, first) if since else first
    if window.end:
        end = ids.time_of(window.end)
        touched = touched.where(messages.c.id < ids.floor_of(end + AROUND))
        until = min(until, end) if until else end
    seen = touched.subquery()
    own = select(dialogs).where(dialogs.c.portal_id == seen.c.portal_id, dialogs.c.id == seen.c.dialog_id)
    if since:
        own = own.where(dialogs.c.last_message_at >= since)
    if until:
        own = own.where(dialogs.c.last_message_at < until)
    if before:
        own = own.where(tuple_(dialogs.c.last_message_at, dialogs.c.id) < before)
    found = own.offset(_EACH).lateral()
    statement = (
        select(found)
        .join_from(seen, found, true())
        .order_by(found.c.last_message_at.desc(), found.c.id.desc())
        .limit(limit)
    )
    return [shown.dialog(row) for row in await conn.execute(statement)]


async def find_dialog(conn: AsyncConnection, dialog_id: UUID) -> Dialog | None:
    """Return a dialog of whichever portal: it is looked for in each, for a dialog's id tells no portal."""
    row = (
        await conn.execute(
            sql(f"""
                SELECT d.* FROM portals AS p CROSS JOIN LATERAL (
                    SELECT * FROM dialogs WHERE portal_id = p.id AND id = :id OFFSET {_EACH}
                ) AS d LIMIT 1
            """),  # noqa: S608 - our own number
            {"id": dialog_id},
        )
    ).first()
    return shown.dialog(row) if row else None


async def messages_page(
    conn: AsyncConnection,
    window: Window,
    *,
    portal_id: UUID | None,
    dialog_id: UUID | None,
    trace_id: UUID | None,
    provider_message_id: int,
    state: str,
    direction: str,
    since: datetime | None,
    until: datetime | None,
    limit: int,
) -> list[Message]:
    """Return messages of a window, newest first."""
    c = messages.c
    statement = _newest(messages, c.created_at, window, since, until, limit)
    if trace_id is None:
        # The bot let into a dialog is owed a greeting, but nobody wrote a message.
        statement = statement.where(c.kind != "join")
    wanted: list[tuple[ColumnElement[Any], Any]] = [
        (c.portal_id, portal_id),
        (c.dialog_id, dialog_id),
        (c.trace_id, trace_id),
        (c.state, state),
        (c.direction, direction),
    ]
    if provider_message_id and portal_id:
        statement = statement.where(c.provider_message_id == provider_message_id)
    elif provider_message_id:
        # Not told to the planner, or it goes through an index that has the numbers of each portal by themselves.
        number = select(literal(provider_message_id, BigInteger)).scalar_subquery()
        statement = statement.where(c.provider_message_id == number)
    return [shown.message(row) for row in await conn.execute(_with(statement, wanted))]


async def events_page(
    conn: AsyncConnection,
    window: Window,
    *,
    portal_id: UUID | None,
    trace_id: UUID | None,
    type_: str,
    since: datetime | None,
    until: datetime | None,
    limit: int,
) -> list[Event]:
    """Return events of a window, newest first."""
    c = events.c
    statement = _newest(events, c.created_at, window, since, until, limit)
    if trace_id:
        # The event of a request has the trace's id, the others say how replies ended: both have an index.
        statement = statement.where(c.trace_id == trace_id, or_(c.id == trace_id, sql(_ENDED)))
    wanted: list[tuple[ColumnElement[Any], Any]] = [(c.portal_id, portal_id), (c.type, type_)]
    return [shown.event(row) for row in await conn.execute(_with(statement, wanted))]


async def inbound_page(
    conn: AsyncConnection,
    window: Window,
    *,
    portal_id: UUID | None,
    trace_id: UUID | None,
    domain: str,
    event: str,
    outcome: str,
    reason: str,
    since: datetime | None,
    until: datetime | None,
    limit: int,
) -> list[InboundEvent]:
    """Return blackbox rows of a window, newest first."""
    c = bitrix_inbound_events.c
    statement = _newest(bitrix_inbound_events, c.received_at, window, since, until, limit)
    wanted: list[tuple[ColumnElement[Any], Any]] = [
        (c.portal_id, portal_id),
        (c.id, trace_id),
        (c.domain, domain),
        (c.event, event),
        (c.outcome, outcome),
        (c.reason, reason),
    ]
    found = await conn.execute(_with(statement, wanted).with_only_columns(*shown.INBOUND))
    return [shown.inbound(row) for row in found]


async def find_inbound(conn: AsyncConnection, event_id: UUID) -> InboundEvent | None:
    """Return a blackbox row."""
    statement = select(*shown.INBOUND).where(bitrix_inbound_events.c.id == event_id)
    row = (await conn.execute(statement)).first()
    return shown.inbound(row) if row else None


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


def _newest(
    table: Table,
    moment: ColumnElement[datetime],
    window: Window,
    since: datetime | None,
    until: datetime | None,
    limit: int,
) -> Select[Any]:
    statement = select(table).order_by(table.c.id.desc()).limit(limit)
    if window.first:
        statement = statement.where(table.c.id >= window.first)
    if window.end:
        statement = statement.where(table.c.id < window.end)
    if since:
        statement = statement.where(moment >= since)
    if until:
        statement = statement.where(moment < until)
    return statement


def _with(statement: Select[Any], wanted: Sequence[tuple[ColumnElement[Any], Any]]) -> Select[Any]:
    """Return a statement that asks for those values that are given."""
    return statement.where(*(column == value for column, value in wanted if value))
