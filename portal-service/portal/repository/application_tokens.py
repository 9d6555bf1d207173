"""Statements on portals' application tokens, kept as hashes."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from portal.tables import portal_application_tokens

KEPT = 2
"""Two overlap after a reinstall: queued events still carry the old one (contract 1.5)."""


async def add(conn: AsyncConnection, portal_id: UUID, token_hash: bytes, now: datetime) -> None:
    """Make an application token the newest of a portal."""
    statement = insert(portal_application_tokens).values(
        portal_id=portal_id, token_hash=token_hash, created_at=now
    )
    await conn.execute(
        statement.on_conflict_do_update(index_elements=["portal_id", "token_hash"], set_={"created_at": now})
    )


async def of_portal(conn: AsyncConnection, portal_id: UUID) -> set[bytes]:
    """Return the hashes of a portal's application tokens."""
    statement = select(portal_application_tokens.c.token_hash).where(
        portal_application_tokens.c.portal_id == portal_id
    )
    return set(await conn.scalars(statement))


async def newest(conn: AsyncConnection, portal_id: UUID) -> bytes | None:
    """Return the hash of the application token that came last."""
    statement = (
        select(portal_application_tokens.c.token_hash)
        .where(portal_application_tokens.c.portal_id == portal_id)
        .order_by(portal_application_tokens.c.created_at.desc())
        .limit(1)
    )
    found: bytes | None = await conn.scalar(statement)
    return found


async def drop_old(conn: AsyncConnection, portal_id: UUID) -> None:
    """Keep only the newest application tokens of a portal."""
    kept = (
        select(portal_application_tokens.c.token_hash)
        .where(portal_application_tokens.c.portal_id == portal_id)
        .order_by(portal_application_tokens.c.created_at.desc())
        .limit(KEPT)
    )
    await conn.execute(
        delete(portal_application_tokens).where(
            portal_application_tokens.c.portal_id == portal_id,
            portal_application_tokens.c.token_hash.not_in(kept),
        )
    )
