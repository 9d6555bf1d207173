"""Statements of the second look: events refused because their portal was not known yet."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY, BYTEA
from sqlalchemy.ext.asyncio import AsyncConnection

from kit import ids
from messaging.domain import RawEvent

LIMIT = 1000

_REFUSED = text("""
    SELECT id, received_at, method, path, content_type, body, body_truncated, headers, remote_ip, token_hash
    FROM bitrix_inbound_events
    WHERE portal_id = :nobody AND id >= :since AND member_id = :member_id
      AND reason IN ('unknown_portal', 'wrong_token') AND token_hash = ANY(:hashes)
    ORDER BY id LIMIT :limit
""").bindparams(bindparam("hashes", type_=ARRAY(BYTEA)))


async def refused(
    conn: AsyncConnection, member_id: str, token_hashes: Sequence[bytes], since: datetime
) -> list[tuple[RawEvent, bytes]]:
    """Return a portal's refused events that its tokens prove after all, in order, each with its proof."""
    rows = await conn.execute(
        _REFUSED,
        {
            "nobody": ids.NIL,
            "since": ids.floor_of(since),
            "member_id": member_id,
            "hashes": list(token_hashes),
            "limit": LIMIT,
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
        text(f"DELETE FROM {table} WHERE portal_id = :nobody AND id = ANY(CAST(:ids AS uuid[]))"),  # noqa: S608
        {"nobody": ids.NIL, "ids": list(event_ids)},
    )
