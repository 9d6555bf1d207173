"""Statements on messages that are edited or deleted."""

from collections.abc import Mapping, Sequence
from typing import TypeAlias
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from kit.db import sql

Place: TypeAlias = tuple[UUID, int]
"""A portal, and the id that a message has there."""


async def replace_pending(conn: AsyncConnection, texts: Mapping[Place, str]) -> set[Place]:
    """Give questions that nobody has answered yet their new text; returns which there were."""
    rows = await conn.execute(
        sql("""
            UPDATE messages AS m SET body = new.body, revision = m.revision + 1
            FROM unnest(CAST(:portal_ids AS uuid[]), CAST(:ids AS bigint[]), CAST(:bodies AS text[]))
                AS new (portal_id, provider_message_id, body)
            WHERE m.portal_id = new.portal_id AND m.provider_message_id = new.provider_message_id
              AND m.provider_message_id > 0 AND m.direction = 'rx' AND m.state = 'pending' AND m.body <> new.body
            RETURNING m.portal_id, m.provider_message_id
        """),
        {**_places(list(texts)), "bodies": list(texts.values())},
    )
    return {(row.portal_id, row.provider_message_id) for row in rows}


async def cancel_pending(conn: AsyncConnection, places: Sequence[Place]) -> set[Place]:
    """Leave questions unanswered that were taken back; returns which there were."""
    rows = await conn.execute(
        sql("""
            UPDATE messages AS m SET state = 'ignored', reason = 'message_deleted', revision = m.revision + 1
            FROM unnest(CAST(:portal_ids AS uuid[]), CAST(:ids AS bigint[]))
                AS gone (portal_id, provider_message_id)
            WHERE m.portal_id = gone.portal_id AND m.provider_message_id = gone.provider_message_id
              AND m.provider_message_id > 0 AND m.direction = 'rx' AND m.state = 'pending'
            RETURNING m.portal_id, m.provider_message_id
        """),
        _places(places),
    )
    return {(row.portal_id, row.provider_message_id) for row in rows}


async def newest_texts(conn: AsyncConnection, places: Sequence[Place]) -> dict[Place, str]:
    """Return the text that people's messages had last; one that never came is absent."""
    rows = await conn.execute(
        sql("""
            SELECT DISTINCT ON (m.portal_id, m.provider_message_id) m.portal_id, m.provider_message_id, m.body
            FROM unnest(CAST(:portal_ids AS uuid[]), CAST(:ids AS bigint[]))
                AS asked (portal_id, provider_message_id)
            JOIN messages AS m USING (portal_id, provider_message_id)
            WHERE m.provider_message_id > 0 AND m.direction = 'rx'
            ORDER BY m.portal_id, m.provider_message_id, m.id DESC
        """),
        _places(places),
    )
    return {(row.portal_id, row.provider_message_id): row.body for row in rows}


def _places(places: Sequence[Place]) -> dict[str, list[object]]:
    return {"portal_ids": [portal_id for portal_id, _ in places], "ids": [number for _, number in places]}
