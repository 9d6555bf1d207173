"""Statements on alerts: what is wrong with a portal until it is over."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, func, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from portal.health import Alert
from portal.tables import portal_alerts, portals


async def put(conn: AsyncConnection, portal_id: UUID, alert: Alert) -> None:
    """Raise an alert; one of that name that is up already keeps since when."""
    values = {"is_failing": alert.is_failing, "cause": alert.cause}
    statement = insert(portal_alerts).values(portal_id=portal_id, name=alert.name, since=alert.since, **values)
    await conn.execute(statement.on_conflict_do_update(index_elements=["portal_id", "name"], set_=values))


async def drop(conn: AsyncConnection, portal_id: UUID, name: str) -> None:
    """End an alert."""
    await conn.execute(
        delete(portal_alerts).where(portal_alerts.c.portal_id == portal_id, portal_alerts.c.name == name)
    )


async def drop_all(conn: AsyncConnection, portal_id: UUID) -> None:
    """End every alert of a portal."""
    await conn.execute(delete(portal_alerts).where(portal_alerts.c.portal_id == portal_id))


async def heard(conn: AsyncConnection, portal_id: UUID, at: datetime | None) -> bool:
    """Keep when something of the portal's own was heard last. Returns whether there is such a portal."""
    newest = func.greatest(portals.c.last_proven_alive_at, at)  # skips NULL
    result = await conn.execute(
        update(portals).where(portals.c.id == portal_id).values(last_proven_alive_at=newest)
    )
    return result.rowcount == 1
