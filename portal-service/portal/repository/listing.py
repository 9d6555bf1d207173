"""Statements that find portals for the console: a page of them, and how many there are."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, String, cast, func, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from portal.domain import Portal
from portal.repository import health as healths
from portal.repository import portals as portals_of
from portal.tables import portals


async def page(
    conn: AsyncConnection,
    *,
    query: str,
    state: str,
    health: str,
    since: datetime | None,
    until: datetime | None,
    after: tuple[datetime, UUID] | None,
    limit: int,
) -> list[Portal]:
    """Return portals, newest first, after the keys of the last row seen."""
    newest = (portals.c.created_at.desc(), portals.c.id.desc())
    statement = portals_of.selection().add_columns(*healths.COLUMNS).order_by(*newest).limit(limit)
    statement = statement.where(*_found_by(query, since, until))
    if state:
        statement = statement.where(portals.c.state == state)
    if health:
        statement = statement.where(healths.where(health))
    if after:
        statement = statement.where(tuple_(portals.c.created_at, portals.c.id) < after)
    return [portals_of.with_alerts(row) for row in await conn.execute(statement)]


async def totals(
    conn: AsyncConnection, *, query: str, since: datetime | None, until: datetime | None
) -> list[tuple[str, str, int]]:
    """Return how many portals there are by state and health, as (state, health, portals)."""
    by = (portals.c.state, healths.HEALTH)
    counted = select(*by, func.count()).where(*_found_by(query, since, until)).group_by(*by)
    return [(row[0], row[1], row[2]) for row in await conn.execute(counted)]


def _found_by(query: str, since: datetime | None, until: datetime | None) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if query:
        conditions.append(
            or_(
                portals.c.domain.contains(query.lower(), autoescape=True),
                portals.c.member_id == query.lower(),
                cast(portals.c.id, String) == query.lower(),
            )
        )
    if since:
        conditions.append(portals.c.created_at >= since)
    if until:
        conditions.append(portals.c.created_at < until)
    return conditions
