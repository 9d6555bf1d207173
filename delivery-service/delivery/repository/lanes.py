"""Statements on lanes: which portals have something to send, and who holds them."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from delivery.domain import Lane, LaneEnd

LOOK_AHEAD = 500
"""How many open items of a lane are looked at to find those that may go."""


async def make_due(conn: AsyncConnection, portal_ids: Sequence[UUID], now: datetime) -> None:
    """Let the lanes of portals be looked at now; one that is parked waits until its time is over."""
    await conn.execute(
        text("""
            INSERT INTO lanes (portal_id, due_at)
            SELECT id, :now FROM unnest(CAST(:portal_ids AS uuid[])) AS id ORDER BY id
            ON CONFLICT (portal_id) DO UPDATE SET due_at = least(lanes.due_at, excluded.due_at)
        """),
        {"now": now, "portal_ids": list(portal_ids)},
    )


async def claim(
    conn: AsyncConnection, now: datetime, lease_until: datetime, token: UUID, limit: int
) -> list[Lane]:
    """Hold up to `limit` lanes that are due and nobody holds, the longest due first."""
    rows = await conn.execute(
        text("""
            WITH due AS (
                SELECT portal_id FROM lanes
                WHERE due_at <= :now AND blocked = ''
                  AND (parked_until IS NULL OR parked_until <= :now)
                  AND (lease_until IS NULL OR lease_until < :now)
                ORDER BY due_at
                LIMIT :limit
                FOR UPDATE SKIP LOCKED
            )
            UPDATE lanes SET lease_until = :lease_until, lease_token = :token
            FROM due WHERE lanes.portal_id = due.portal_id
            RETURNING lanes.portal_id, lanes.limited_since
        """),
        {"now": now, "lease_until": lease_until, "token": token, "limit": limit},
    )
    return [Lane(row.portal_id, token, row.limited_since) for row in rows]


async def let_go(conn: AsyncConnection, ends: Sequence[LaneEnd]) -> None:
    """Let lanes go that this worker still holds. A lane is due when the first item of one of its dialogs is.

    The lane's row is locked before the items are looked at, so what is enqueued meanwhile is not missed.
    """
    await conn.execute(
        text("""
            SELECT 1 FROM lanes WHERE portal_id = ANY(CAST(:portal_ids AS uuid[])) ORDER BY portal_id FOR UPDATE
        """),
        {"portal_ids": [end.lane.portal_id for end in ends]},
    )
    await conn.execute(
        text("""
            UPDATE lanes
            SET lease_until = NULL, lease_token = NULL, limited_since = ended.limited_since, cause = ended.cause,
                next_step = ended.next_step, parked_until = ended.parked_until,
                due_at = (
                    SELECT min(head.due_at) FROM (
                        SELECT DISTINCT ON (first.dialog_id) first.due_at FROM (
                            SELECT item.dialog_id, item.seq, item.due_at FROM outbox AS item
                            WHERE item.portal_id = lanes.portal_id
                              AND item.state IN ('created', 'sending', 'unknown', 'retry')
                            ORDER BY item.seq LIMIT :look_ahead
                        ) AS first
                        ORDER BY first.dialog_id, first.seq
                    ) AS head
                )
            FROM unnest(
                CAST(:portal_ids AS uuid[]), CAST(:tokens AS uuid[]), CAST(:parked AS timestamptz[]),
                CAST(:limited AS timestamptz[]), CAST(:causes AS text[]), CAST(:next_steps AS text[])
            ) AS ended (portal_id, token, parked_until, limited_since, cause, next_step)
            WHERE lanes.portal_id = ended.portal_id AND lanes.lease_token = ended.token
        """),
        {
            "look_ahead": LOOK_AHEAD,
            "portal_ids": [end.lane.portal_id for end in ends],
            "tokens": [end.lane.token for end in ends],
            "parked": [end.parked_until for end in ends],
            "limited": [end.limited_since for end in ends],
            "causes": [end.cause for end in ends],
            "next_steps": [end.next_step for end in ends],
        },
    )


async def set_blocked(conn: AsyncConnection, portal_id: UUID, blocked: str, now: datetime) -> None:
    """Stop a portal's lane for a reason, or let it run ("").

    Any change of a portal may be what its lane was parked for: a new token, a bot, a paid plan.
    """
    await conn.execute(
        text("""
            INSERT INTO lanes (portal_id, blocked) VALUES (:portal_id, :blocked)
            ON CONFLICT (portal_id) DO UPDATE
            SET blocked = excluded.blocked, parked_until = NULL, cause = '', next_step = '',
                due_at = CASE WHEN lanes.blocked <> '' AND excluded.blocked = '' THEN :now ELSE lanes.due_at END
        """),
        {"portal_id": portal_id, "blocked": blocked, "now": now},
    )
