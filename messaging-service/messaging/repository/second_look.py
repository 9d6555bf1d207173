"""Statements of the second look: events refused because their portal was not known yet."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import bindparam
from sqlalchemy.dialects.postgresql import ARRAY, BYTEA
from sqlalchemy.ext.asyncio import AsyncConnection

from kit import ids
from kit.db import sql
from messaging.domain import RawEvent


@dataclass(frozen=True)
class Look:
    """A portal to look for, with what proves its events."""

    portal_id: UUID
    member_id: str
    token_hashes: tuple[bytes, ...]


async def begin(conn: AsyncConnection, portal_id: UUID, due_at: datetime, until: datetime) -> None:
    """Have a portal looked for between two moments."""
    await conn.execute(
        sql("""
            INSERT INTO second_looks (portal_id, due_at, until) VALUES (:portal_id, :due_at, :until)
            ON CONFLICT (portal_id) DO UPDATE SET due_at = excluded.due_at, until = excluded.until
        """),
        {"portal_id": portal_id, "due_at": due_at, "until": until},
    )


async def take_due(conn: AsyncConnection, now: datetime, next_at: datetime) -> list[Look]:
    """Return the portals that are due, and have them due again at `next_at`."""
    rows = await conn.execute(
        sql("""
            WITH due AS (
                SELECT portal_id FROM second_looks WHERE due_at <= :now ORDER BY due_at LIMIT 100
                FOR UPDATE SKIP LOCKED
            )
            UPDATE second_looks AS look SET due_at = :next_at
            FROM due, portals AS p
            WHERE look.portal_id = due.portal_id AND p.id = due.portal_id
            RETURNING p.id, p.member_id, p.token_hashes
        """),
        {"now": now, "next_at": next_at},
    )
    return [Look(row.id, row.member_id, tuple(row.token_hashes)) for row in rows]


async def end_over(conn: AsyncConnection, now: datetime) -> None:
    """Forget the portals that were looked for long enough."""
    await conn.execute(sql("DELETE FROM second_looks WHERE until < :now"), {"now": now})


_REFUSED = sql("""
    SELECT id, received_at, method, path, content_type, body, body_truncated, headers, remote_ip, token_hash
    FROM bitrix_inbound_events
    WHERE portal_id = :nobody AND id >= :since AND outcome = 'refused' AND member_id = :member_id
      AND token_hash = ANY(:hashes)
    ORDER BY id LIMIT :limit FOR UPDATE SKIP LOCKED
""").bindparams(bindparam("hashes", type_=ARRAY(BYTEA)))


async def refused(conn: AsyncConnection, look: Look, since: datetime, limit: int) -> list[tuple[RawEvent, bytes]]:
    """Return a portal's refused events that its tokens prove after all, in order, each with its proof."""
    rows = await conn.execute(
        _REFUSED,
        {
            "nobody": ids.NIL,
            "since": ids.floor_of(since),
            "member_id": look.member_id,
            "hashes": list(look.token_hashes),
            "limit": limit,
        },
    )
    return [
        (
            RawEvent(
                id=row.id,
                received_at=row.received_at,
                method=row.method,
                path=row.path,
                content_type=row.content_type,
                body=row.body,
                body_truncated=row.body_truncated,
                headers=row.headers,
                remote_ip=row.remote_ip,
            ),
            row.token_hash,
        )
        for row in rows
    ]


async def forget(conn: AsyncConnection, table: str, event_ids: Sequence[UUID]) -> None:
    """Take the rows of nobody's events out of `bitrix_inbound_events` or `events`: they are stored anew."""
    await conn.execute(
        sql(
            f"DELETE FROM {table} "  # noqa: S608 - one of two names of our own
            "WHERE portal_id = :nobody AND id = ANY(CAST(:ids AS uuid[]))"
        ),
        {"nobody": ids.NIL, "ids": list(event_ids)},
    )


async def give_up(conn: AsyncConnection, event_id: UUID) -> None:
    """Leave an event under nobody, as an error that is not looked at again."""
    await conn.execute(
        sql("""
            UPDATE bitrix_inbound_events SET outcome = 'error', reason = 'not_storable'
            WHERE portal_id = :nobody AND id = :id
        """),
        {"nobody": ids.NIL, "id": event_id},
    )
