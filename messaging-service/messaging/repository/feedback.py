"""Statements on what people thought of answers, and on questions that got none."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from kit.db import sql
from messaging.domain import Reaction
from messaging.knowledge.document import Unsatisfied, Within

BAD = ("angry", "cry", "dislike", "facepalm", "thumbs_down", "👎", "😡", "😢", "🤦")
"""Reactions that say an answer was bad; the others say it was good, or nothing."""


async def note(conn: AsyncConnection, reactions: Sequence[tuple[UUID, Reaction]], now: datetime) -> None:
    """Keep reactions that were put, forget those that were taken away; of several the last one counts."""
    last = {
        (portal_id, one.provider_message_id, one.user_id, one.name): one.is_added for portal_id, one in reactions
    }
    for statement, is_added in ((_FORGET, False), (_KEEP, True)):
        keys = [key for key, added in last.items() if added is is_added]
        if keys:
            portal_ids, message_ids, user_ids, names = zip(*keys, strict=True)
            given = {
                "portal_ids": list(portal_ids),
                "message_ids": list(message_ids),
                "user_ids": list(user_ids),
                "reactions": list(names),
            }
            await conn.execute(statement, {**given, "bad": list(BAD), "now": now} if is_added else given)


_GIVEN = """
    unnest(CAST(:portal_ids AS uuid[]), CAST(:message_ids AS bigint[]), CAST(:user_ids AS bigint[]),
           CAST(:reactions AS text[])) AS given (portal_id, message_id, user_id, reaction)
"""
_KEEP = sql(f"""
    INSERT INTO feedback (portal_id, provider_message_id, user_id, reaction, is_bad, created_at)
    SELECT portal_id, message_id, user_id, reaction, lower(reaction) = ANY(CAST(:bad AS text[])), :now
    FROM {_GIVEN}
    ON CONFLICT DO NOTHING
""")  # noqa: S608 - our own words
_FORGET = sql(f"""
    DELETE FROM feedback USING {_GIVEN}
    WHERE feedback.portal_id = given.portal_id AND provider_message_id = message_id
      AND feedback.user_id = given.user_id AND feedback.reaction = given.reaction
""")  # noqa: S608 - our own words
_UNANSWERED = sql("""
    SELECT why.id, asked.author_id, asked.body AS question, '' AS answer, '' AS reaction, why.created_at
    FROM answer_explanations AS why
    JOIN messages AS asked ON asked.portal_id = why.portal_id AND asked.id = why.id
    WHERE why.portal_id = :portal_id AND why.kind = 'not_found'
      AND (CAST(:before AS uuid) IS NULL OR why.id < :before)
      AND (CAST(:since AS timestamptz) IS NULL OR why.created_at >= :since)
      AND (CAST(:until AS timestamptz) IS NULL OR why.created_at < :until)
      AND NOT EXISTS (
          SELECT FROM kb_curated AS c WHERE c.portal_id = why.portal_id AND c.from_message_id = why.id
      )
    ORDER BY why.id DESC LIMIT :limit
""")
_BADLY_RATED = sql("""
    SELECT asked.id, asked.author_id, asked.body AS question,
           string_agg(DISTINCT reply.body, E'\n') AS answer, min(f.reaction) AS reaction,
           min(f.created_at) AS created_at
    FROM feedback AS f
    JOIN messages AS rated ON rated.portal_id = f.portal_id AND rated.provider_message_id = f.provider_message_id
                          AND rated.direction = 'tx'
    JOIN messages AS asked ON asked.portal_id = rated.portal_id AND asked.id = rated.reply_to
    JOIN messages AS reply ON reply.portal_id = asked.portal_id AND reply.dialog_id = asked.dialog_id
                          AND reply.reply_to = asked.id AND reply.direction = 'tx'
    WHERE f.portal_id = :portal_id AND f.is_bad AND (CAST(:before AS uuid) IS NULL OR asked.id < :before)
      AND NOT EXISTS (
          SELECT FROM kb_curated AS c WHERE c.portal_id = f.portal_id AND c.from_message_id = asked.id
      )
    GROUP BY asked.portal_id, asked.id, asked.author_id, asked.body
    HAVING (CAST(:since AS timestamptz) IS NULL OR min(f.created_at) >= :since)
       AND (CAST(:until AS timestamptz) IS NULL OR min(f.created_at) < :until)
    ORDER BY asked.id DESC LIMIT :limit
""")


async def unanswered(conn: AsyncConnection, portal_id: UUID, within: Within, limit: int) -> list[Unsatisfied]:
    """Return questions to which the documents held no answer, newest first, that nobody took care of."""
    rows = await conn.execute(_UNANSWERED, {"portal_id": portal_id, "limit": limit, **asdict(within)})
    return [_unsatisfied(row) for row in rows]


async def badly_rated(conn: AsyncConnection, portal_id: UUID, within: Within, limit: int) -> list[Unsatisfied]:
    """Return questions whose answers somebody thought bad, newest first, that nobody took care of."""
    rows = await conn.execute(_BADLY_RATED, {"portal_id": portal_id, "limit": limit, **asdict(within)})
    return [_unsatisfied(row) for row in rows]


def _unsatisfied(row: Row[Any]) -> Unsatisfied:
    return Unsatisfied(row.id, row.author_id, row.question, row.answer, row.reaction, row.created_at)
