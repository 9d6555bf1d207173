"""Statements on the feed of outcomes."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from delivery.domain import News, Outcome, State
from delivery.tables import outcomes
from kit import changefeed

FEED = "outcomes"
_TYPES = {
    "portal_id": "uuid",
    "message_id": "uuid",
    "dialog_id": "uuid",
    "state": "text",
    "provider_message_id": "bigint",
    "cause": "text",
    "trace_id": "text",
}


async def append(conn: AsyncConnection, news: Sequence[News]) -> None:
    """Tell followers. Must be the transaction's last statement (kit.changefeed)."""
    if news:
        columns: dict[str, Sequence[object]] = {name: [getattr(one, name) for one in news] for name in _TYPES}
        await changefeed.append(conn, FEED, columns, _TYPES)


async def after(conn: AsyncConnection, cursor: int, limit: int) -> list[Outcome]:
    """Return the next page of the feed."""
    statement = select(outcomes).where(outcomes.c.id > cursor).order_by(outcomes.c.id).limit(limit)
    return [
        Outcome(
            cursor=row.id,
            portal_id=row.portal_id,
            message_id=row.message_id,
            dialog_id=row.dialog_id,
            state=State(row.state),
            provider_message_id=row.provider_message_id,
            cause=row.cause,
            trace_id=row.trace_id,
            at=row.created_at,
        )
        for row in await conn.execute(statement)
    ]
