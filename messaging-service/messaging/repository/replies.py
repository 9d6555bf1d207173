"""Statements on answers: fix them before they are sent, hand them over, note what became of questions."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import orjson
from sqlalchemy.ext.asyncio import AsyncConnection

from kit.db import sql
from messaging.domain import Button, ClaimedDialog, Handled, Reply
from messaging.repository.dialogs import AT_ONCE, held


async def fix(conn: AsyncConnection, replies: Sequence[Reply], now: datetime) -> None:
    """Store answers before they are sent. A reply that is there (the job ran before) stays as it was."""
    await conn.execute(
        sql("""
            INSERT INTO messages (portal_id, id, dialog_id, trace_id, provider_message_id, direction, kind,
                                  author_id, body, buttons, state, reply_to, reply_to_provider_id, position,
                                  part, priority, created_at)
            SELECT portal_id, id, dialog_id, trace_id, 0, 'tx', 'text', author_id, body, CAST(buttons AS jsonb),
                   'pending', reply_to, reply_to_provider_id, position, part, priority, :now
            FROM unnest(
                CAST(:portal_ids AS uuid[]), CAST(:ids AS uuid[]), CAST(:dialog_ids AS uuid[]),
                CAST(:trace_ids AS uuid[]), CAST(:authors AS bigint[]), CAST(:bodies AS text[]),
                CAST(:reply_tos AS uuid[]), CAST(:reply_to_ids AS bigint[]), CAST(:positions AS bigint[]),
                CAST(:parts AS integer[]), CAST(:priorities AS smallint[]), CAST(:buttons AS text[])
            ) AS new (portal_id, id, dialog_id, trace_id, author_id, body, reply_to, reply_to_provider_id,
                      position, part, priority, buttons)
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
            "buttons": [orjson.dumps(reply.buttons).decode() for reply in replies],
        },
    )


async def mark_handled(conn: AsyncConnection, handled: Sequence[Handled]) -> set[UUID]:
    """Store what became of questions that did not change meanwhile; returns their ids."""
    rows = await conn.scalars(
        sql("""
            UPDATE messages AS m SET state = done.state, reason = done.reason, steps = CAST(done.steps AS jsonb)
            FROM unnest(
                CAST(:portal_ids AS uuid[]), CAST(:ids AS uuid[]), CAST(:states AS text[]),
                CAST(:reasons AS text[]), CAST(:steps AS text[]), CAST(:revisions AS integer[])
            ) AS done (portal_id, id, state, reason, steps, revision)
            WHERE m.portal_id = done.portal_id AND m.id = done.id AND m.state = 'pending'
              AND m.revision = done.revision
            RETURNING m.id
        """),
        {
            "portal_ids": [one.question.portal_id for one in handled],
            "ids": [one.question.id for one in handled],
            "states": [one.state for one in handled],
            "reasons": [one.reason for one in handled],
            "steps": [orjson.dumps(one.steps).decode() for one in handled],
            "revisions": [one.question.revision for one in handled],
        },
    )
    return set(rows.all())


async def unhanded(conn: AsyncConnection, dialogs: Sequence[ClaimedDialog]) -> list[Reply]:
    """Return the fixed replies of claimed dialogs that delivery has not taken yet, in order."""
    rows = await conn.execute(
        sql("""
            SELECT m.id, m.portal_id, m.dialog_id, m.trace_id, m.position, m.part, m.body, m.reply_to,
                   m.reply_to_provider_id, m.author_id, m.priority, m.buttons, d.provider_dialog_id
            FROM unnest(CAST(:portal_ids AS uuid[]), CAST(:dialog_ids AS uuid[])) AS held (portal_id, dialog_id)
            JOIN messages AS m USING (portal_id, dialog_id)
            JOIN dialogs AS d ON d.portal_id = m.portal_id AND d.id = m.dialog_id
            WHERE m.direction = 'tx' AND m.handed_at IS NULL
            ORDER BY m.portal_id, m.dialog_id, m.position, m.id
            LIMIT :most
        """),
        {**held(dialogs), "most": AT_ONCE},
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
            buttons=tuple(Button(**button) for button in row.buttons),
        )
        for row in rows
    ]


async def mark_handed(conn: AsyncConnection, replies: Sequence[Reply], now: datetime) -> None:
    """Delivery has these replies."""
    await conn.execute(
        sql("""
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


async def give_up(conn: AsyncConnection, dialog: ClaimedDialog, reason: str, now: datetime) -> None:
    """Mark as failed what a dialog is owed: its questions, and its replies that nobody takes."""
    await conn.execute(
        sql("""
            UPDATE messages
            SET state = 'failed', reason = :reason,
                handed_at = CASE WHEN direction = 'tx' THEN CAST(:now AS timestamptz) END
            WHERE portal_id = :portal_id AND dialog_id = :dialog_id
              AND ((direction = 'rx' AND state = 'pending') OR (direction = 'tx' AND handed_at IS NULL))
        """),
        {"portal_id": dialog.portal_id, "dialog_id": dialog.id, "reason": reason, "now": now},
    )
