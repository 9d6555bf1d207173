"""Statements on portals' credentials. Tokens come and go sealed."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Sequence, delete, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from portal.tables import portal_tokens, portals

# One sequence for all: a newer generation is newer whichever user's credential it is.
_generation = Sequence("token_generation")


@dataclass(frozen=True)
class SealedToken:
    """A credential as stored."""

    portal_id: UUID
    user_id: int
    member_id: str
    client_endpoint: str
    server_endpoint: str
    bot_id: int
    bot_api: str
    generation: int
    expires_at: datetime
    refusals: int
    refused_kind: str
    refused_code: str
    refused_until: datetime | None
    access_token: bytes = field(repr=False)
    refresh_token: bytes = field(repr=False)


async def server_endpoint(conn: AsyncConnection, portal_id: UUID) -> str:
    """Return the authorization region that a portal named last, "" where it named none."""
    statement = (
        select(portal_tokens.c.server_endpoint)
        .where(portal_tokens.c.portal_id == portal_id)
        .order_by(portal_tokens.c.updated_at.desc())
        .limit(1)
    )
    return await conn.scalar(statement) or ""


async def store(
    conn: AsyncConnection,
    *,
    portal_id: UUID,
    user_id: int,
    access_token: bytes,
    refresh_token: bytes,
    server_endpoint: str,
    expires_at: datetime,
    now: datetime,
    keep_refresh_token: bool = False,
) -> None:
    """Store a user's tokens; a new pair is a new generation and brings a dead credential back to life.

    `keep_refresh_token` leaves a refresh token that is there as it is.
    """
    values = {
        "state": "live",
        "access_token": access_token,
        "refresh_token": refresh_token,
        "server_endpoint": server_endpoint,
        "expires_at": expires_at,
        "updated_at": now,
        "refresh_lease_until": None,
        "refusals": 0,
        "refused_kind": "",
        "refused_code": "",
        "refused_until": None,
    }
    kept = {"refresh_token"} if keep_refresh_token else set()
    renewed = {name: value for name, value in values.items() if name not in kept}
    await conn.execute(
        insert(portal_tokens)
        .values(portal_id=portal_id, user_id=user_id, generation=_generation.next_value(), **values)
        .on_conflict_do_update(
            index_elements=["portal_id", "user_id"],
            set_={**renewed, "generation": _generation.next_value()},
        )
    )


async def newest_live(conn: AsyncConnection, portal_id: UUID) -> SealedToken | None:
    """Return the live credential that was renewed last."""
    statement = (
        select(portal_tokens, portals.c.member_id, portals.c.client_endpoint, portals.c.bot_id, portals.c.bot_api)
        .join(portals, portals.c.id == portal_tokens.c.portal_id)
        .where(portal_tokens.c.portal_id == portal_id, portal_tokens.c.state == "live")
        .order_by(portal_tokens.c.updated_at.desc())
        .limit(1)
    )
    row = (await conn.execute(statement)).first()
    return _sealed(row) if row else None


async def count_live(conn: AsyncConnection, portal_id: UUID) -> int:
    """Return how many credentials of a portal are live."""
    statement = (
        select(func.count())
        .select_from(portal_tokens)
        .where(portal_tokens.c.portal_id == portal_id, portal_tokens.c.state == "live")
    )
    return await conn.scalar(statement) or 0


async def idle(conn: AsyncConnection, before: datetime, now: datetime, limit: int) -> list[tuple[UUID, int]]:
    """Return portals whose newest live credential is older than a moment, with its generation, in no order."""
    newest = func.max(portal_tokens.c.updated_at)
    statement = (
        select(portal_tokens.c.portal_id, func.max(portal_tokens.c.generation))
        .join(portals, portals.c.id == portal_tokens.c.portal_id)
        .where(
            portal_tokens.c.state == "live",
            portals.c.state.not_in(["uninstalled", "dead"]),
            or_(portal_tokens.c.refused_until.is_(None), portal_tokens.c.refused_until < now),
        )
        .group_by(portal_tokens.c.portal_id)
        .having(newest < before)
        .order_by(func.random())  # none that fails again and again stands before the others
        .limit(limit)
    )
    return [(row[0], row[1]) for row in await conn.execute(statement)]


async def lease_refresh(conn: AsyncConnection, token: SealedToken, now: datetime, until: datetime) -> bool:
    """Take the right to refresh this generation until a moment. False: another has it, or it is done."""
    result = await conn.execute(
        update(portal_tokens)
        .where(
            portal_tokens.c.portal_id == token.portal_id,
            portal_tokens.c.user_id == token.user_id,
            portal_tokens.c.generation == token.generation,
            portal_tokens.c.state == "live",
            or_(portal_tokens.c.refresh_lease_until.is_(None), portal_tokens.c.refresh_lease_until < now),
        )
        .values(refresh_lease_until=until)
    )
    return result.rowcount == 1


async def release_refresh(conn: AsyncConnection, token: SealedToken) -> None:
    """Give the right to refresh back: the refresh did not happen."""
    await conn.execute(
        update(portal_tokens)
        .where(
            portal_tokens.c.portal_id == token.portal_id,
            portal_tokens.c.user_id == token.user_id,
            portal_tokens.c.generation == token.generation,
        )
        .values(refresh_lease_until=None)
    )


async def note_refusal(conn: AsyncConnection, token: SealedToken, kind: str, code: str, until: datetime) -> None:
    """The OAuth server refused to renew it for a reason that may pass: do not ask again before a moment."""
    await conn.execute(
        update(portal_tokens)
        .where(
            portal_tokens.c.portal_id == token.portal_id,
            portal_tokens.c.user_id == token.user_id,
            portal_tokens.c.generation == token.generation,
        )
        .values(
            refusals=portal_tokens.c.refusals + 1,
            refused_kind=kind,
            refused_code=code,
            refused_until=until,
            refresh_lease_until=None,
        )
    )


async def drop(conn: AsyncConnection, portal_id: UUID) -> int:
    """Forget a portal's credentials, which the platform has ended; returns how many."""
    return (await conn.execute(delete(portal_tokens).where(portal_tokens.c.portal_id == portal_id))).rowcount


async def mark_dead(conn: AsyncConnection, token: SealedToken, now: datetime) -> None:
    """The OAuth server refused the refresh token for good."""
    await conn.execute(
        update(portal_tokens)
        .where(
            portal_tokens.c.portal_id == token.portal_id,
            portal_tokens.c.user_id == token.user_id,
            portal_tokens.c.generation == token.generation,
        )
        .values(state="dead", updated_at=now, refresh_lease_until=None)
    )


def _sealed(row: Row[Any]) -> SealedToken:
    return SealedToken(
        portal_id=row.portal_id,
        user_id=row.user_id,
        member_id=row.member_id,
        client_endpoint=row.client_endpoint,
        server_endpoint=row.server_endpoint,
        bot_id=row.bot_id,
        bot_api=row.bot_api,
        generation=row.generation,
        expires_at=row.expires_at,
        refusals=row.refusals,
        refused_kind=row.refused_kind,
        refused_code=row.refused_code,
        refused_until=row.refused_until,
        access_token=row.access_token,
        refresh_token=row.refresh_token,
    )
