"""Statements on lanes: which portals have something to send, and who holds them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from delivery.domain import Lane, LaneEnd
from kit.db import sql
from kit.queue_pauses import is_resting

LOOK_AHEAD = 500
"""How many open items of a lane are looked at to find those that may go."""
_DUE = f"""
    due_at <= :now AND blocked = '' AND (parked_until IS NULL OR parked_until <= :now)
    AND (lease_until IS NULL OR lease_until < :now) AND NOT {is_resting("lanes.portal_id", "delivery")}
"""


async def make_due(conn: AsyncConnection, portal_ids: Sequence[UUID], now: datetime) -> None:
    """Let the lanes of portals be looked at now; one that is parked waits until its time is over."""
    await conn.execute(
        sql("""
            INSERT INTO lanes (portal_id, due_at)
            SELECT id, :now FROM unnest(CAST(:portal_ids AS uuid[])) AS id ORDER BY id
            ON CONFLICT (portal_id) DO UPDATE SET due_at = least(lanes.due_at, excluded.due_at)
        """),
        {"now": now, "portal_ids": list(portal_ids)},
    )


async def visit(
    conn: AsyncConnection,
    after: UUID,
    now: datetime,
    lease_until: datetime,
    token: UUID,
    quantum_ms: int,
    limit: int,
) -> list[tuple[Lane, bool]]:
    """Give up to `limit` lanes that are due their quantum, on from a portal and around; hold those with credit.

    Returns each, in that order, and whether it is held. The cost is that of the lanes visited, not of those due:
    the second LIMIT takes none away, it tells the planner how few they are, who would read the whole table else.
    """
    rows = await conn.execute(
        sql(f"""
            WITH ahead AS (
                SELECT portal_id, credit_ms FROM lanes WHERE portal_id > :after AND {_DUE}
                ORDER BY portal_id LIMIT :limit FOR UPDATE SKIP LOCKED
            ), behind AS (
                SELECT portal_id, credit_ms FROM lanes WHERE portal_id <= :after AND {_DUE}
                ORDER BY portal_id LIMIT CAST(:limit AS bigint) - (SELECT count(*) FROM ahead)
                FOR UPDATE SKIP LOCKED
            ), visited AS (
                SELECT portal_id, credit_ms + CAST(:quantum AS integer) AS credit_ms
                FROM (TABLE ahead UNION ALL TABLE behind LIMIT :limit) AS found
            )
            UPDATE lanes
            SET credit_ms = least(visited.credit_ms, :quantum),
                lease_until = CASE WHEN visited.credit_ms > 0 THEN CAST(:lease_until AS timestamptz) END,
                lease_token = CASE WHEN visited.credit_ms > 0 THEN CAST(:token AS uuid) END
            FROM visited WHERE lanes.portal_id = visited.portal_id
            RETURNING lanes.portal_id, lanes.limited_since, lanes.lease_token IS NOT NULL AS is_held
        """),  # noqa: S608 - our own words
        {
            "after": after,
            "now": now,
            "lease_until": lease_until,
            "token": token,
            "quantum": quantum_ms,
            "limit": limit,
        },
    )
    found = sorted(rows, key=lambda row: (row.portal_id <= after, row.portal_id))
    return [(Lane(row.portal_id, token, row.limited_since), row.is_held) for row in found]


async def renew(conn: AsyncConnection, held: Mapping[UUID, UUID], lease_until: datetime) -> None:
    """Hold lanes (portal -> token) for longer, where they are still this worker's, not let go now."""
    await conn.execute(
        sql("""
            WITH mine AS (
                SELECT lanes.portal_id
                FROM unnest(CAST(:portal_ids AS uuid[]), CAST(:tokens AS uuid[])) AS held (portal_id, token)
                JOIN lanes ON lanes.portal_id = held.portal_id AND lanes.lease_token = held.token
                FOR UPDATE OF lanes SKIP LOCKED
            )
            UPDATE lanes SET lease_until = :lease_until FROM mine WHERE lanes.portal_id = mine.portal_id
        """),
        {"portal_ids": list(held), "tokens": list(held.values()), "lease_until": lease_until},
    )


async def let_go(conn: AsyncConnection, ends: Sequence[LaneEnd], max_debt_ms: int) -> dict[UUID, datetime | None]:
    """Let lanes go that this worker still holds, their turns paid. A lane is due when the head of a dialog is.

    Returns when each runs again: it is due and not parked any more; None for one with nothing to send.

    The lane's row is locked before the items are looked at, so what is enqueued meanwhile is not missed.
    """
    await conn.execute(
        sql("""
            SELECT 1 FROM lanes WHERE portal_id = ANY(CAST(:portal_ids AS uuid[])) ORDER BY portal_id FOR UPDATE
        """),
        {"portal_ids": [end.lane.portal_id for end in ends]},
    )
    rows = await conn.execute(
        sql("""
            UPDATE lanes
            SET lease_until = NULL, lease_token = NULL, limited_since = ended.limited_since, cause = ended.cause,
                next_step = ended.next_step, parked_until = ended.parked_until,
                credit_ms = greatest(lanes.credit_ms - ended.took_ms, -CAST(:max_debt_ms AS integer)),
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
                CAST(:limited AS timestamptz[]), CAST(:causes AS text[]), CAST(:next_steps AS text[]),
                CAST(:took AS integer[])
            ) AS ended (portal_id, token, parked_until, limited_since, cause, next_step, took_ms)
            WHERE lanes.portal_id = ended.portal_id AND lanes.lease_token = ended.token
            RETURNING lanes.portal_id, lanes.due_at + greatest(lanes.parked_until - lanes.due_at, '0') AS runs_at
        """),
        {
            "look_ahead": LOOK_AHEAD,
            "portal_ids": [end.lane.portal_id for end in ends],
            "tokens": [end.lane.token for end in ends],
            "parked": [end.parked_until for end in ends],
            "limited": [end.limited_since for end in ends],
            "causes": [end.cause for end in ends],
            "next_steps": [end.next_step for end in ends],
            "took": [end.took_ms for end in ends],
            "max_debt_ms": max_debt_ms,
        },
    )
    return {row.portal_id: row.runs_at for row in rows}


async def set_blocked(conn: AsyncConnection, portal_id: UUID, blocked: str, now: datetime) -> None:
    """Stop a portal's lane for a reason, or let it run ("").

    Any change of a portal may be what its lane was parked for: a new token, a bot, a paid plan.
    """
    await conn.execute(
        sql("""
            INSERT INTO lanes (portal_id, blocked) VALUES (:portal_id, :blocked)
            ON CONFLICT (portal_id) DO UPDATE
            SET blocked = excluded.blocked, parked_until = NULL, cause = '', next_step = '',
                due_at = CASE WHEN lanes.blocked <> '' AND excluded.blocked = '' THEN :now ELSE lanes.due_at END
        """),
        {"portal_id": portal_id, "blocked": blocked, "now": now},
    )
