"""Statements on probes: events that portals were asked to send us, and what became of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from kit.db import sql
from portal.tables import portal_probes, portals

NOT_SENT = "not_sent"
NOT_ECHOED = "not_echoed"


@dataclass(frozen=True)
class Due:
    """A portal to be probed; `was_due` None = it never had a time of its own yet."""

    portal_id: UUID
    was_due: datetime | None


async def claim(conn: AsyncConnection, now: datetime, lease_until: datetime, limit: int) -> list[Due]:
    """Take portals whose daily probe is due; who does not `schedule` them again loses them to another later."""
    rows = await conn.execute(
        sql("""
            WITH due AS (
                SELECT id, probe_due_at FROM portals
                WHERE state = 'active' AND (probe_due_at IS NULL OR probe_due_at <= :now)
                ORDER BY probe_due_at NULLS FIRST LIMIT :limit
                FOR UPDATE SKIP LOCKED
            )
            UPDATE portals SET probe_due_at = :lease_until FROM due WHERE portals.id = due.id
            RETURNING portals.id, due.probe_due_at
        """),
        {"now": now, "lease_until": lease_until, "limit": limit},
    )
    return [Due(row.id, row.probe_due_at) for row in rows]


async def schedule(conn: AsyncConnection, due: Mapping[UUID, datetime]) -> None:
    """Set when portals are probed next."""
    await conn.execute(
        sql("""
            UPDATE portals SET probe_due_at = new.due_at
            FROM unnest(CAST(:ids AS uuid[]), CAST(:moments AS timestamptz[])) AS new (id, due_at)
            WHERE portals.id = new.id
        """),
        {"ids": list(due), "moments": list(due.values())},
    )


async def begin(conn: AsyncConnection, portal_id: UUID, probe_id: UUID, now: datetime) -> None:
    """Note a probe before it is sent: its echo may be faster than the answer."""
    await conn.execute(
        insert(portal_probes).values(portal_id=portal_id, id=probe_id, asked_at=now, cause=NOT_SENT)
    )


async def sent(conn: AsyncConnection, portal_id: UUID, probe_id: UUID, cause: str) -> None:
    """Note what the portal said to a probe: "" = it will send the event."""
    await conn.execute(
        update(portal_probes)
        .where(
            portal_probes.c.portal_id == portal_id,
            portal_probes.c.id == probe_id,
            portal_probes.c.echoed_at.is_(None),
        )
        .values(cause=cause)
    )


async def echo(conn: AsyncConnection, portal_id: UUID, probe_id: UUID, now: datetime) -> None:
    """Note that the event of a probe came back; one that is noted already stays."""
    await conn.execute(
        update(portal_probes)
        .where(
            portal_probes.c.portal_id == portal_id,
            portal_probes.c.id == probe_id,
            portal_probes.c.echoed_at.is_(None),
        )
        .values(echoed_at=now, cause="")
    )


async def echoed_at(conn: AsyncConnection, portal_id: UUID, probe_id: UUID) -> datetime | None:
    """Return when the event of a probe came back."""
    found: datetime | None = await conn.scalar(
        select(portal_probes.c.echoed_at).where(
            portal_probes.c.portal_id == portal_id, portal_probes.c.id == probe_id
        )
    )
    return found


async def give_up(conn: AsyncConnection, before: datetime) -> list[tuple[UUID, datetime]]:
    """Give up probes sent before a moment and not echoed.

    Returns their portals and when each was asked, but for those of whose something was heard since.
    """
    rows = await conn.execute(
        update(portal_probes)
        .where(
            portal_probes.c.portal_id == portals.c.id,
            portal_probes.c.echoed_at.is_(None),
            portal_probes.c.cause == "",
            portal_probes.c.asked_at < before,
        )
        .values(cause=NOT_ECHOED)
        .returning(
            portal_probes.c.portal_id,
            portal_probes.c.asked_at,
            or_(
                portals.c.last_proven_alive_at.is_(None),
                portals.c.last_proven_alive_at < portal_probes.c.asked_at,
            ).label("is_unheard"),
        )
    )
    return [(row.portal_id, row.asked_at) for row in rows if row.is_unheard]


async def forget(conn: AsyncConnection, before: datetime) -> None:
    """Drop probes of long ago."""
    await conn.execute(delete(portal_probes).where(portal_probes.c.asked_at < before))
