"""Statements on settings of answers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy.ext.asyncio import AsyncConnection

from kit.db import sql


@dataclass(frozen=True)
class Stored:
    """What was chosen, and a model's key, sealed; b"" where there is none."""

    settings: Mapping[str, Any]
    api_key: bytes


async def find(conn: AsyncConnection, portal_ids: Sequence[UUID]) -> dict[UUID, Stored]:
    """Return what was chosen for portals; NIL: for everybody."""
    statement = sql("""
        SELECT portal_id, settings, api_key FROM answer_settings
        WHERE portal_id = ANY(CAST(:portal_ids AS uuid[]))
    """)
    rows = await conn.execute(statement, {"portal_ids": list(portal_ids)})
    return {row.portal_id: Stored(row.settings, row.api_key) for row in rows}


async def save(
    conn: AsyncConnection, portal_id: UUID, settings: Mapping[str, Any], api_key: bytes | None, now: datetime
) -> None:
    """Store what was chosen; a key of None stays as it is."""
    await conn.execute(
        sql("""
            INSERT INTO answer_settings (portal_id, settings, api_key, updated_at)
            VALUES (:portal_id, CAST(:settings AS jsonb), coalesce(:api_key, CAST('' AS bytea)), :now)
            ON CONFLICT (portal_id) DO UPDATE
            SET settings = excluded.settings, api_key = coalesce(:api_key, answer_settings.api_key),
                updated_at = excluded.updated_at
        """),
        {
            "portal_id": portal_id,
            "settings": orjson.dumps(dict(settings)).decode(),
            "api_key": api_key,
            "now": now,
        },
    )
