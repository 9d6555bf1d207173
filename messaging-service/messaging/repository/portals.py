"""Statements on the read model of portals and on welcomes."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from kit.db import sql
from messaging.domain import dialog_id_of
from messaging.tables import portals

FEED = "portals"
"""Under this name the cursor of portals' changes is kept."""


async def upsert(
    conn: AsyncConnection,
    *,
    portal_id: UUID,
    member_id: str,
    domain: str,
    state: str,
    bot_id: int,
    token_hashes: Sequence[bytes],
    access_mode: str,
    user_ids: Sequence[int],
    department_ids: Sequence[int],
    language: str,
    admin_user_ids: Sequence[int],
) -> None:
    """Store a portal as the feed tells it."""
    values = {
        "member_id": member_id,
        "domain": domain,
        "state": state,
        "bot_id": bot_id,
        "token_hashes": list(token_hashes),
        "access_mode": access_mode,
        "user_ids": list(user_ids),
        "department_ids": list(department_ids),
        "language": language,
        "admin_user_ids": list(admin_user_ids),
    }
    statement = insert(portals).values(id=portal_id, **values)
    await conn.execute(statement.on_conflict_do_update(index_elements=["id"], set_=values))


async def take_welcomes(
    conn: AsyncConnection, portal_id: UUID, user_ids: Sequence[int], message_ids: Sequence[UUID]
) -> dict[int, UUID]:
    """Take on the welcome of users who never had one; returns their message ids."""
    rows = await conn.execute(
        sql("""
            INSERT INTO welcomes (portal_id, user_id, message_id)
            SELECT :portal_id, user_id, message_id
            FROM unnest(CAST(:user_ids AS bigint[]), CAST(:message_ids AS uuid[])) AS new (user_id, message_id)
            ON CONFLICT DO NOTHING
            RETURNING user_id, message_id
        """),
        {"portal_id": portal_id, "user_ids": list(user_ids), "message_ids": list(message_ids)},
    )
    return {row.user_id: row.message_id for row in rows}


async def open_dialogs(conn: AsyncConnection, portal_id: UUID, user_ids: Sequence[int], now: datetime) -> None:
    """Have private dialogs with users, greeted and owed what waits in them."""
    await conn.execute(
        sql("""
            INSERT INTO dialogs (portal_id, id, provider_dialog_id, provider_dialog_id_raw, user_id, kind, state,
                                 last_message_at, pending_since, greeted_at)
            SELECT :portal_id, id, CAST(user_id AS text), CAST(user_id AS text), user_id, 'private', 'pending',
                   :now, :now, :now
            FROM unnest(CAST(:user_ids AS bigint[]), CAST(:ids AS uuid[])) AS new (user_id, id)
            ORDER BY id
            ON CONFLICT (portal_id, id) DO UPDATE
            SET pending_since = coalesce(dialogs.pending_since, excluded.pending_since),
                greeted_at = excluded.greeted_at, last_message_at = excluded.last_message_at,
                state = CASE WHEN dialogs.state = 'idle' THEN 'pending' ELSE dialogs.state END
        """),
        {
            "portal_id": portal_id,
            "now": now,
            "user_ids": list(user_ids),
            "ids": [dialog_id_of(portal_id, str(user_id)) for user_id in user_ids],
        },
    )


async def provision(conn: AsyncConnection, portal_id: UUID, user_ids: Sequence[int]) -> dict[int, str]:
    """Return the state of each user's welcome message; a user without one is absent.

    One that is older than messages are kept was sent long ago.
    """
    rows = await conn.execute(
        sql("""
            SELECT w.user_id, coalesce(m.state, 'sent') AS state FROM welcomes AS w
            LEFT JOIN messages AS m ON m.portal_id = w.portal_id AND m.id = w.message_id
            WHERE w.portal_id = :portal_id AND w.user_id = ANY(CAST(:user_ids AS bigint[]))
        """),
        {"portal_id": portal_id, "user_ids": list(user_ids)},
    )
    return {row.user_id: row.state for row in rows}


async def address(conn: AsyncConnection, portal_id: UUID) -> tuple[str, int] | None:
    """Return a portal's member_id and its bot."""
    row = (
        await conn.execute(select(portals.c.member_id, portals.c.bot_id).where(portals.c.id == portal_id))
    ).first()
    return (row.member_id, row.bot_id) if row else None


async def to_tell(conn: AsyncConnection, portal_id: UUID) -> Any:
    """Return bot_id, language and admin_user_ids of a portal that is served, None for another."""
    rows = await conn.execute(
        sql("""
            SELECT bot_id, language, admin_user_ids FROM portals
            WHERE id = :portal_id AND bot_id > 0 AND state IN ('active', 'payment_required', 'unreachable')
        """),
        {"portal_id": portal_id},
    )
    return rows.first()
