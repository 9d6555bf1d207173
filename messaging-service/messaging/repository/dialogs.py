"""Statements on dialogs that are owed a reply: claim, take, fix the answer, hand over, let go."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from messaging.domain import ClaimedDialog, Handled, Question, Reply

AT_ONCE = 800
"""Messages that a batch takes at the most; the neighbours' calls take 1 000. What is left stays owed."""


async def claim(
    conn: AsyncConnection, now: datetime, lease_until: datetime, token: UUID, limit: int
) -> list[ClaimedDialog]:
    """Hold up to `limit` dialogs that are owed something and nobody holds, a portal at a time in turn."""
    rows = await conn.execute(
        text("""
            WITH waiting AS (
                SELECT portal_id, id, pending_since,
                       row_number() OVER (PARTITION BY portal_id ORDER BY pending_since) AS place
                FROM dialogs
                WHERE pending_since IS NOT NULL AND (lease_until IS NULL OR lease_until < :now)
            ), chosen AS (
                SELECT portal_id, id FROM waiting ORDER BY place, pending_since LIMIT :limit
            ), picked AS (
                SELECT d.portal_id, d.id FROM dialogs AS d JOIN chosen USING (portal_id, id)
                WHERE d.pending_since IS NOT NULL AND (d.lease_until IS NULL OR d.lease_until < :now)
                FOR UPDATE OF d SKIP LOCKED
            )
            UPDATE dialogs AS d SET lease_until = :lease_until, lease_token = :token, state = 'answering'
            FROM picked WHERE d.portal_id = picked.portal_id AND d.id = picked.id
            RETURNING d.portal_id, d.id, d.provider_dialog_id, d.kind, d.greeted_at, d.refused_at
        """),
        {"now": now, "lease_until": lease_until, "token": token, "limit": limit},
    )
    return [
        ClaimedDialog(
            row.portal_id,
            row.id,
            row.provider_dialog_id,
            row.kind == "private",
            row.greeted_at is not None,
            row.refused_at,
        )
        for row in rows
    ]


async def questions(conn: AsyncConnection, dialogs: Sequence[ClaimedDialog]) -> list[Question]:
    """Return the messages of claimed dialogs that are owed a reply, in order, with who may ask."""
    rows = await conn.execute(
        text("""
            SELECT m.id, m.portal_id, m.dialog_id, m.provider_message_id, m.author_id, m.kind, m.body,
                   m.created_at, p.state AS portal_state, p.bot_id,
                   p.access_mode = 'all'
                   OR (p.access_mode = 'list' AND m.author_id = ANY(p.user_ids))
                   OR (p.access_mode = 'departments' AND m.author_departments && p.department_ids) AS is_allowed
            FROM unnest(CAST(:portal_ids AS uuid[]), CAST(:dialog_ids AS uuid[])) AS held (portal_id, dialog_id)
            JOIN messages AS m USING (portal_id, dialog_id)
            JOIN portals AS p ON p.id = m.portal_id
            WHERE m.direction = 'rx' AND m.state = 'pending'
            ORDER BY m.portal_id, m.dialog_id, m.provider_message_id, m.id
            LIMIT :most
        """),
        {**_held(dialogs), "most": AT_ONCE},
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
            portal_state=row.portal_state,
            bot_id=row.bot_id,
        )
        for row in rows
    ]


async def fix_replies(conn: AsyncConnection, replies: Sequence[Reply], now: datetime) -> None:
    """Store answers before they are sent. A reply that is there (the job ran before) stays as it was."""
    await conn.execute(
        text("""
            INSERT INTO messages (portal_id, id, dialog_id, trace_id, provider_message_id, direction, kind,
                                  author_id, body, state, reply_to, reply_to_provider_id, position, part,
                                  priority, created_at)
            SELECT portal_id, id, dialog_id, trace_id, 0, 'tx', 'text', author_id, body, 'pending', reply_to,
                   reply_to_provider_id, position, part, priority, :now
            FROM unnest(
                CAST(:portal_ids AS uuid[]), CAST(:ids AS uuid[]), CAST(:dialog_ids AS uuid[]),
                CAST(:trace_ids AS uuid[]), CAST(:authors AS bigint[]), CAST(:bodies AS text[]),
                CAST(:reply_tos AS uuid[]), CAST(:reply_to_ids AS bigint[]), CAST(:positions AS bigint[]),
                CAST(:parts AS integer[]), CAST(:priorities AS smallint[])
            ) AS new (portal_id, id, dialog_id, trace_id, author_id, body, reply_to, reply_to_provider_id,
                      position, part, priority)
            ON CONFLICT DO NOTHING
        """),
        {
            "now": now,
            "portal_ids": [reply.portal_id for reply in replies],
            "ids": [reply.id for reply in replies],
            "dialog_ids": [reply.dialog_id for reply in replies],
            "trace_ids": [reply.trace_id for reply in replies],
            "authors": [reply.author_id for reply in replies],
            "bodies": [reply.body for reply in replies],
            "reply_tos": [reply.reply_to for reply in replies],
            "reply_to_ids": [reply.reply_to_provider_id for reply in replies],
            "positions": [reply.position for reply in replies],
            "parts": [reply.part for reply in replies],
            "priorities": [reply.priority for reply in replies],
        },
    )


async def mark_handled(conn: AsyncConnection, handled: Sequence[Handled]) -> None:
    """Store what became of questions."""
    await conn.execute(
        text("""
            UPDATE messages AS m SET state = done.state, reason = done.reason, steps = CAST(done.steps AS jsonb)
            FROM unnest(
                CAST(:portal_ids AS uuid[]), CAST(:ids AS uuid[]), CAST(:states AS text[]),
                CAST(:reasons AS text[]), CAST(:steps AS text[])
            ) AS done (portal_id, id, state, reason, steps)
            WHERE m.portal_id = done.portal_id AND m.id = done.id AND m.state = 'pending'
        """),
        {
            "portal_ids": [one.question.portal_id for one in handled],
            "ids": [one.question.id for one in handled],
            "states": [one.state for one in handled],
            "reasons": [one.reason for one in handled],
            "steps": [orjson.dumps(one.steps).decode() for one in handled],
        },
    )


async def mark_spoken(
    conn: AsyncConnection, greeted: Sequence[ClaimedDialog], refused: Sequence[ClaimedDialog], now: datetime
) -> None:
    """Remember that dialogs got their greeting, or their refusal of the day."""
    await conn.execute(
        text("""
            UPDATE dialogs AS d
            SET greeted_at = CASE WHEN said.what = 'greeted' THEN :now ELSE d.greeted_at END,
                refused_at = CASE WHEN said.what = 'refused' THEN :now ELSE d.refused_at END
            FROM unnest(CAST(:portal_ids AS uuid[]), CAST(:dialog_ids AS uuid[]), CAST(:whats AS text[]))
                AS said (portal_id, id, what)
            WHERE d.portal_id = said.portal_id AND d.id = said.id
        """),
        {
            "now": now,
            "portal_ids": [dialog.portal_id for dialog in [*greeted, *refused]],
            "dialog_ids": [dialog.id for dialog in [*greeted, *refused]],
            "whats": ["greeted"] * len(greeted) + ["refused"] * len(refused),
        },
    )


async def unhanded(conn: AsyncConnection, dialogs: Sequence[ClaimedDialog]) -> list[Reply]:
    """Return the fixed replies of claimed dialogs that delivery has not taken yet, in order."""
    rows = await conn.execute(
        text("""
            SELECT m.id, m.portal_id, m.dialog_id, m.trace_id, m.position, m.part, m.body, m.reply_to,
                   m.reply_to_provider_id, m.author_id, m.priority, d.provider_dialog_id
            FROM unnest(CAST(:portal_ids AS uuid[]), CAST(:dialog_ids AS uuid[])) AS held (portal_id, dialog_id)
            JOIN messages AS m USING (portal_id, dialog_id)
            JOIN dialogs AS d ON d.portal_id = m.portal_id AND d.id = m.dialog_id
            WHERE m.direction = 'tx' AND m.handed_at IS NULL
            ORDER BY m.portal_id, m.dialog_id, m.position, m.id
            LIMIT :most
        """),
        {**_held(dialogs), "most": AT_ONCE},
    )
    return [
        Reply(
            id=row.id,
            portal_id=row.portal_id,
            dialog_id=row.dialog_id,
            provider_dialog_id=row.provider_dialog_id,
            trace_id=row.trace_id,
            position=row.position,
            part=row.part,
            body=row.body,
            reply_to=row.reply_to,
            reply_to_provider_id=row.reply_to_provider_id,
            author_id=row.author_id,
            priority=row.priority,
        )
        for row in rows
    ]


async def mark_handed(conn: AsyncConnection, replies: Sequence[Reply], now: datetime) -> None:
    """Delivery has these replies."""
    await conn.execute(
        text("""
            UPDATE messages AS m SET handed_at = :now
            FROM unnest(CAST(:portal_ids AS uuid[]), CAST(:ids AS uuid[])) AS handed (portal_id, id)
            WHERE m.portal_id = handed.portal_id AND m.id = handed.id
        """),
        {
            "now": now,
            "portal_ids": [reply.portal_id for reply in replies],
            "ids": [reply.id for reply in replies],
        },
    )


async def lock(conn: AsyncConnection, dialogs: Sequence[ClaimedDialog]) -> None:
    """Lock dialogs, so that what is stored for them meanwhile is seen by the next statement."""
    await conn.execute(
        text("""
            SELECT 1 FROM dialogs AS d
            JOIN unnest(CAST(:portal_ids AS uuid[]), CAST(:dialog_ids AS uuid[])) AS held (portal_id, id)
            USING (portal_id, id)
            ORDER BY d.portal_id, d.id FOR UPDATE OF d
        """),
        _held(dialogs),
    )


async def let_go(
    conn: AsyncConnection, dialogs: Sequence[ClaimedDialog], token: UUID, retry_at: datetime | None
) -> int:
    """Let locked dialogs go that this worker still holds; returns how many are owed something again.

    With `retry_at` they stay owed, and nobody claims them before.
    """
    rows = await conn.execute(
        text("""
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
        {**_held(dialogs), "token": token, "retry_at": retry_at},
    )
    return sum(row.pending_since is not None for row in rows)


def _held(dialogs: Sequence[ClaimedDialog]) -> dict[str, Any]:
    return {
        "portal_ids": [dialog.portal_id for dialog in dialogs],
        "dialog_ids": [dialog.id for dialog in dialogs],
    }
