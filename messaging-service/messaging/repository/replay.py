"""Statements on single rows of the blackbox: read in full, judged again, replaced."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import Column, Select, delete, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from kit import ids
from kit.db import sql
from messaging.domain import Outcome, RawEvent
from messaging.repository.reading import AROUND
from messaging.tables import bitrix_inbound_events as inbound
from messaging.tables import events, messages


@dataclass(frozen=True)
class Stored:
    """A row of the blackbox in full. `raw.body` is redacted; `token_hash` proves it as its token did."""

    raw: RawEvent
    portal_id: UUID
    member_id: str
    outcome: Outcome
    reason: str
    token_hash: bytes = field(repr=False)


async def find(conn: AsyncConnection, event_id: UUID, *, lock: bool = False) -> Stored | None:
    """Return a row."""
    statement = select(inbound).where(inbound.c.id == event_id)
    row = (await conn.execute(statement.with_for_update() if lock else statement)).first()
    if row is None:
        return None
    raw = RawEvent(
        id=row.id,
        received_at=row.received_at,
        method=row.method,
        path=row.path,
        content_type=row.content_type,
        body=row.body,
        body_truncated=row.body_truncated,
        headers=row.headers,
        remote_ip=row.remote_ip,
    )
    return Stored(raw, row.portal_id, row.member_id, Outcome(row.outcome), row.reason, row.token_hash)


async def owner_of(conn: AsyncConnection, portal_id: UUID, key: str) -> UUID | None:
    """Return the event that has a key."""
    found: UUID | None = await conn.scalar(
        sql("SELECT id FROM inbox_keys WHERE portal_id = :portal_id AND key = :key"),
        {"portal_id": portal_id, "key": key},
    )
    return found


async def forget(conn: AsyncConnection, stored: Stored) -> None:
    """Take a row and its line of what happened out: both are stored anew."""
    for table in (inbound, events):
        await conn.execute(delete(table).where(table.c.portal_id == stored.portal_id, table.c.id == stored.raw.id))


async def forget_unanswered(conn: AsyncConnection, stored: Stored) -> bool:
    """Take out an event's message where it was left unanswered from the start; returns whether none is left."""
    own = (messages.c.portal_id == stored.portal_id, messages.c.id == stored.raw.id)
    await conn.execute(
        delete(messages).where(*own, messages.c.state == "ignored", messages.c.reason == stored.reason)
    )
    return await conn.scalar(select(messages.c.id).where(*own)) is None


async def count(conn: AsyncConnection, filters: Mapping[str, Any], after: UUID | None, at_most: int) -> int:
    """Return how many rows a filter finds, counted no further than `at_most`."""
    found = _filtered(select(inbound.c.id), filters, after).limit(at_most).subquery()
    return await conn.scalar(select(func.count()).select_from(found)) or 0


async def page(
    conn: AsyncConnection, filters: Mapping[str, Any], after: UUID | None, limit: int
) -> Sequence[UUID]:
    """Return the rows that a filter finds, oldest first."""
    statement = _filtered(select(inbound.c.id), filters, after).order_by(inbound.c.id).limit(limit)
    return (await conn.scalars(statement)).all()


def _filtered(statement: Select[Any], filters: Mapping[str, Any], after: UUID | None) -> Select[Any]:
    for name in ("portal_id", "domain", "event", "outcome", "reason"):
        if filters[name]:
            column: Column[Any] = inbound.c[name]
            statement = statement.where(column == filters[name])
    if filters["since"]:
        statement = statement.where(
            inbound.c.id >= ids.floor_of(filters["since"] - AROUND), inbound.c.received_at >= filters["since"]
        )
    if filters["until"]:
        statement = statement.where(
            inbound.c.id < ids.floor_of(filters["until"] + AROUND), inbound.c.received_at < filters["until"]
        )
    return statement.where(inbound.c.id > after) if after else statement
