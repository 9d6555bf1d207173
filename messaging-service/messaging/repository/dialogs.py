"""Statements on dialogs that are owed a reply: claim them, take their questions, let them go."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from kit import ids
from kit.db import sql
from kit.queue_pauses import is_resting
from messaging.domain import DEFAULT_LANGUAGE, ClaimedDialog, Question
from messaging.knowledge.prompt import Turn

_REMEMBERED = timedelta(days=1)
AT_ONCE = 800
"""Messages that a batch takes at the most; the neighbours' calls take 1 000. What is left stays owed."""


_NEXT = """(
    SELECT d.portal_id FROM dialogs AS d WHERE d.pending_since IS NOT NULL AND d.portal_id > found.portal_id
    ORDER BY d.portal_id, d.pending_since LIMIT 1
)"""
"""One step in the index of what is owed, however much is owed to a portal; no other index has that order."""
CLAIM = sql(f"""
    WITH RECURSIVE ahead AS (
        SELECT CAST(:after AS uuid) AS portal_id
        UNION ALL SELECT {_NEXT} FROM ahead AS found WHERE portal_id IS NOT NULL
    ), behind AS (
        SELECT CAST('{ids.NIL}' AS uuid) AS portal_id
        UNION ALL SELECT {_NEXT} FROM behind AS found WHERE portal_id < :after
    ), in_turn AS (
        SELECT portal_id FROM (
            SELECT portal_id FROM ahead WHERE portal_id > :after
            UNION ALL SELECT portal_id FROM behind WHERE portal_id <= :after
        ) AS ring
        WHERE (
            SELECT true FROM dialogs AS d WHERE d.portal_id = ring.portal_id AND d.pending_since IS NOT NULL
              AND (d.lease_until IS NULL OR d.lease_until < :now)
            ORDER BY d.pending_since LIMIT 1
        ) AND NOT {is_resting("ring.portal_id", "messaging")}
        LIMIT :limit
    ), waiting AS (
        SELECT in_turn.portal_id, d.id, d.pending_since,
               row_number() OVER (PARTITION BY in_turn.portal_id ORDER BY d.pending_since) AS place
        FROM in_turn CROSS JOIN LATERAL (
            SELECT id, pending_since FROM dialogs
            WHERE portal_id = in_turn.portal_id AND pending_since IS NOT NULL
              AND (lease_until IS NULL OR lease_until < :now)
            ORDER BY pending_since LIMIT :limit
        ) AS d
    ), chosen AS (
        SELECT portal_id, id FROM waiting ORDER BY place, pending_since LIMIT :limit
    ), picked AS (
        SELECT d.portal_id, d.id FROM dialogs AS d JOIN chosen USING (portal_id, id)
        WHERE d.pending_since IS NOT NULL AND (d.lease_until IS NULL OR d.lease_until < :now)
        FOR UPDATE OF d SKIP LOCKED
    )
    UPDATE dialogs AS d SET lease_until = :lease_until, lease_token = :token, state = 'answering'
    FROM picked WHERE d.portal_id = picked.portal_id AND d.id = picked.id
    RETURNING d.portal_id, d.id, d.provider_dialog_id, d.kind, d.greeted_at, d.pending_since
""")  # noqa: S608 - our own words
"""Portals have their turn in the order of their ids, on from the last that had it, and around. Of those in turn
the first dialog of each comes first, then the second of each.
"""


async def claim(
    conn: AsyncConnection, now: datetime, lease_until: datetime, token: UUID, limit: int, after: UUID
) -> list[ClaimedDialog]:
    """Hold up to `limit` dialogs that are owed something and nobody holds, of the portals in turn after one."""
    rows = await conn.execute(
        CLAIM, {"now": now, "lease_until": lease_until, "token": token, "limit": limit, "after": after}
    )
    return [
        ClaimedDialog(
            row.portal_id,
            row.id,
            row.provider_dialog_id,
            row.kind == "private",
            row.greeted_at is not None,
            row.pending_since,
        )
        for row in rows
    ]


async def questions(conn: AsyncConnection, dialogs: Sequence[ClaimedDialog]) -> list[Question]:
    """Return the messages of claimed dialogs that are owed a reply, in order, with who may ask."""
    rows = await conn.execute(
        sql("""
            SELECT m.id, m.portal_id, m.dialog_id, m.provider_message_id, m.author_id, m.kind, m.body,
                   m.created_at, m.revision, p.state AS portal_state, p.bot_id, p.language, r.refused_at,
                   l.told_at,
                   p.access_mode = 'all'
                   OR (p.access_mode = 'list' AND m.author_id = ANY(p.user_ids))
                   OR (p.access_mode = 'departments' AND m.author_departments && p.department_ids) AS is_allowed
            FROM unnest(CAST(:portal_ids AS uuid[]), CAST(:dialog_ids AS uuid[])) AS held (portal_id, dialog_id)
            JOIN messages AS m USING (portal_id, dialog_id)
            JOIN portals AS p ON p.id = m.portal_id
            LEFT JOIN refusals AS r ON r.portal_id = m.portal_id AND r.user_id = m.author_id
            LEFT JOIN limit_notices AS l ON l.portal_id = m.portal_id AND l.user_id = m.author_id
            WHERE m.direction = 'rx' AND m.state = 'pending'
            ORDER BY m.portal_id, m.dialog_id, m.provider_message_id, m.id
            LIMIT :most
        """),
        {**held(dialogs), "most": AT_ONCE},
    )
    return [
        Question(
            id=row.id,
            portal_id=row.portal_id,
            dialog_id=row.dialog_id,
            provider_message_id=row.provider_message_id,
            author_id=row.author_id,
            kind=row.kind,
            body=row.body,
            created_at=row.created_at,
            is_allowed=row.is_allowed,
            refused_at=row.refused_at,
            limit_told_at=row.told_at,
            portal_state=row.portal_state,
            bot_id=row.bot_id,
            language=row.language or DEFAULT_LANGUAGE,
            revision=row.revision,
        )
        for row in rows
    ]


async def history(conn: AsyncConnection, question: Question, limit: int) -> list[Turn]:
    """Return what was said in a question's dialog before it, oldest first, at most `limit` messages of a day."""
    rows = await conn.execute(
        sql("""
            SELECT direction, body FROM messages
            WHERE portal_id = :portal_id AND dialog_id = :dialog_id AND id < :id AND id >= :since
              AND body <> '' AND state <> 'ignored'
            ORDER BY id DESC LIMIT :limit
        """),
        {
            "portal_id": question.portal_id,
            "dialog_id": question.dialog_id,
            "id": question.id,
            "since": ids.floor_of(question.created_at - _REMEMBERED),
            "limit": limit,
        },
    )
    return [Turn(is_ours=row.direction == "tx", text=row.body) for row in reversed(rows.all())]


async def renew(
    conn: AsyncConnection, held_by: Sequence[tuple[UUID, ClaimedDialog]], lease_until: datetime
) -> None:
    """Hold dialogs for longer, those that are still held under their token."""
    await conn.execute(
        sql("""
            WITH mine AS (
                SELECT d.portal_id, d.id
                FROM unnest(CAST(:portal_ids AS uuid[]), CAST(:dialog_ids AS uuid[]), CAST(:tokens AS uuid[]))
                     AS held (portal_id, id, token)
                JOIN dialogs AS d ON d.portal_id = held.portal_id AND d.id = held.id AND d.lease_token = held.token
                FOR UPDATE OF d SKIP LOCKED
            )
            UPDATE dialogs SET lease_until = :lease_until FROM mine
            WHERE dialogs.portal_id = mine.portal_id AND dialogs.id = mine.id
        """),
        {
            **held([dialog for _, dialog in held_by]),
            "tokens": [token for token, _ in held_by],
            "lease_until": lease_until,
        },
    )


async def mark_greeted(conn: AsyncConnection, dialogs: Sequence[ClaimedDialog], now: datetime) -> None:
    """Remember that dialogs got their greeting."""
    await conn.execute(
        sql("""
            UPDATE dialogs AS d SET greeted_at = :now
            FROM unnest(CAST(:portal_ids AS uuid[]), CAST(:dialog_ids AS uuid[])) AS greeted (portal_id, id)
            WHERE d.portal_id = greeted.portal_id AND d.id = greeted.id
        """),
        {**held(dialogs), "now": now},
    )


async def mark_refused(
    conn: AsyncConnection, refused: Sequence[Question], now: datetime, *, by_limit: bool = False
) -> None:
    """Remember that people got their refusal of the day, or were told of the plan's limit."""
    table, column = ("limit_notices", "told_at") if by_limit else ("refusals", "refused_at")
    await conn.execute(
        sql(f"""
            INSERT INTO {table} (portal_id, user_id, {column})
            SELECT portal_id, user_id, CAST(:now AS timestamptz)
            FROM unnest(CAST(:portal_ids AS uuid[]), CAST(:user_ids AS bigint[])) AS new (portal_id, user_id)
            ORDER BY portal_id, user_id
            ON CONFLICT (portal_id, user_id) DO UPDATE SET {column} = excluded.{column}
        """),  # noqa: S608 - our own names
        {
            "now": now,
            "portal_ids": [question.portal_id for question in refused],
            "user_ids": [question.author_id for question in refused],
        },
    )


async def lock(conn: AsyncConnection, dialogs: Sequence[ClaimedDialog]) -> None:
    """Lock dialogs, so that what is stored for them meanwhile is seen by the next statement."""
    await conn.execute(
        sql("""
            SELECT 1 FROM dialogs AS d
            JOIN unnest(CAST(:portal_ids AS uuid[]), CAST(:dialog_ids AS uuid[])) AS held (portal_id, id)
            USING (portal_id, id)
            ORDER BY d.portal_id, d.id FOR UPDATE OF d
        """),
        held(dialogs),
    )


async def let_go(
    conn: AsyncConnection, dialogs: Sequence[ClaimedDialog], token: UUID, retry_at: datetime | None
) -> int:
    """Let locked dialogs go that this worker still holds; returns how many are owed something again.

    With `retry_at` they stay owed, and nobody claims them before.
    """
    rows = await conn.execute(
        sql("""
            UPDATE dialogs AS d
            SET lease_until = CAST(:retry_at AS timestamptz), lease_token = NULL, pending_since = owed.since,
                state = CASE WHEN owed.since IS NULL THEN 'idle' ELSE 'pending' END
            FROM (
                SELECT held.portal_id, held.id, min(m.created_at) AS since
                FROM unnest(CAST(:portal_ids AS uuid[]), CAST(:dialog_ids AS uuid[])) AS held (portal_id, id)
                LEFT JOIN messages AS m
                  ON m.portal_id = held.portal_id AND m.dialog_id = held.id
                 AND ((m.direction = 'rx' AND m.state = 'pending') OR (m.direction = 'tx' AND m.handed_at IS NULL))
                GROUP BY held.portal_id, held.id
            ) AS owed
            WHERE d.portal_id = owed.portal_id AND d.id = owed.id AND d.lease_token = :token
            RETURNING d.pending_since
        """),
        {**held(dialogs), "token": token, "retry_at": retry_at},
    )
    return sum(row.pending_since is not None for row in rows)


def held(dialogs: Sequence[ClaimedDialog]) -> dict[str, Any]:
    """Return the keys of dialogs as the statements take them."""
    return {
        "portal_ids": [dialog.portal_id for dialog in dialogs],
        "dialog_ids": [dialog.id for dialog in dialogs],
    }
