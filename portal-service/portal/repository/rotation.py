"""Statements on credentials that are to be sealed under another key."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from kit.db import sql
from portal.tables import portal_tokens


@dataclass(frozen=True)
class Sealed:
    """A credential's two secrets, sealed; `generation` names them."""

    portal_id: UUID
    user_id: int
    generation: int
    access_token: bytes = field(repr=False)
    refresh_token: bytes = field(repr=False)


async def page(conn: AsyncConnection, after: tuple[UUID, int], limit: int) -> list[Sealed]:
    """Return credentials in the order of their keys, after one."""
    keys = tuple_(portal_tokens.c.portal_id, portal_tokens.c.user_id)
    statement = (
        select(
            portal_tokens.c.portal_id,
            portal_tokens.c.user_id,
            portal_tokens.c.generation,
            portal_tokens.c.access_token,
            portal_tokens.c.refresh_token,
        )
        .where(keys > after)
        .order_by(portal_tokens.c.portal_id, portal_tokens.c.user_id)
        .limit(limit)
    )
    return [Sealed(*row) for row in await conn.execute(statement)]


async def replace(conn: AsyncConnection, renewed: Sequence[Sealed]) -> int:
    """Store secrets sealed anew, unless a refresh has stored other ones since; returns how many."""
    result = await conn.execute(
        sql("""
            UPDATE portal_tokens AS t SET access_token = new.access_token, refresh_token = new.refresh_token
            FROM unnest(
                CAST(:portal_ids AS uuid[]), CAST(:user_ids AS bigint[]), CAST(:generations AS bigint[]),
                CAST(:access AS bytea[]), CAST(:refresh AS bytea[])
            ) AS new (portal_id, user_id, generation, access_token, refresh_token)
            WHERE t.portal_id = new.portal_id AND t.user_id = new.user_id AND t.generation = new.generation
        """),
        {
            "portal_ids": [one.portal_id for one in renewed],
            "user_ids": [one.user_id for one in renewed],
            "generations": [one.generation for one in renewed],
            "access": [one.access_token for one in renewed],
            "refresh": [one.refresh_token for one in renewed],
        },
    )
    return result.rowcount
