"""Statements on portals whose credentials are refused because the application is not installed there."""

from uuid import UUID

from sqlalchemy import exists, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from portal.tables import portal_tokens, portals

_IN_SERVICE = portals.c.state.in_(["installing", "active", "payment_required", "unreachable"])
_live = (portal_tokens.c.portal_id == portals.c.id) & (portal_tokens.c.state == "live")
_refused = portal_tokens.c.refused_kind == "uninstalled"


async def confirmed(conn: AsyncConnection, refusals: int) -> list[UUID]:
    """Return portals in service all of whose credentials are refused for it, one of them often enough."""
    statement = select(portals.c.id).where(
        _IN_SERVICE,
        exists().where(_live, _refused, portal_tokens.c.refusals >= refusals),
        ~exists().where(_live, ~_refused),
    )
    return list((await conn.scalars(statement)).all())


async def in_service(conn: AsyncConnection) -> int:
    """Return how many portals are in service."""
    return await conn.scalar(select(func.count()).select_from(portals).where(_IN_SERVICE)) or 0
