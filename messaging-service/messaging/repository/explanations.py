"""Statements on explanations of answers."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy.ext.asyncio import AsyncConnection

from kit.db import sql
from messaging.domain import Explanation


async def insert(conn: AsyncConnection, explanations: Sequence[Explanation], now: datetime) -> None:
    """Keep why answers are what they are; one that is there stays."""
    await conn.execute(
        sql("""
            INSERT INTO answer_explanations (portal_id, id, kind, detail, took_ms, created_at)
            SELECT portal_id, id, kind, CAST(detail AS jsonb), took_ms, :now
            FROM unnest(
                CAST(:portal_ids AS uuid[]), CAST(:ids AS uuid[]), CAST(:kinds AS text[]),
                CAST(:details AS text[]), CAST(:took AS integer[])
            ) AS new (portal_id, id, kind, detail, took_ms)
            ON CONFLICT DO NOTHING
        """),
        {
            "now": now,
            "portal_ids": [one.portal_id for one in explanations],
            "ids": [one.message_id for one in explanations],
            "kinds": [one.kind for one in explanations],
            "details": [orjson.dumps(one.detail).decode() for one in explanations],
            "took": [one.took_ms for one in explanations],
        },
    )


async def find(conn: AsyncConnection, portal_id: UUID, message_id: UUID) -> dict[str, Any] | None:
    """Return the explanation of the answer to a message."""
    statement = sql("""
        SELECT kind, detail, took_ms, created_at FROM answer_explanations
        WHERE portal_id = :portal_id AND id = :id
    """)
    row = (await conn.execute(statement, {"portal_id": portal_id, "id": message_id})).first()
    return dict(row._mapping) if row else None  # noqa: SLF001 - a public attribute in spite of its name
