"""Portals that come near to a limit: the bot tells their administrators."""

from collections.abc import Callable
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from kit import changefeed, ids
from kit.queue import Bell
from messaging import texts
from messaging.domain import DEFAULT_LANGUAGE, Reply, dialog_id_of
from messaging.ingest import RESPOND
from messaging.repository import portals as statements
from messaging.repository import replies
from teachbase.billing.v1 import billing_pb2 as pb

FEED = "limit_alerts"
MOST_TOLD = 3
"""Administrators of one portal."""
_BULK = 2


class LimitAlerts:
    """Follows billing."""

    def __init__(self, engine: AsyncEngine, bell: Bell, now: Callable[[], datetime]) -> None:
        self._engine = engine
        self._bell = bell
        self._now = now

    async def cursor(self) -> int:
        """Return how far the feed was taken."""
        async with self._engine.connect() as conn:
            return await changefeed.load_cursor(conn, FEED)

    async def apply(self, page: pb.WatchAlertsResponse) -> None:
        """Take a page: the messages to administrators and the cursor in one transaction."""
        async with self._engine.begin() as conn:
            if not await changefeed.advance_cursor(conn, FEED, page.cursor):
                return
            for alert in page.alerts:
                await self._tell(conn, alert)
        self._bell.ring(RESPOND)

    async def _tell(self, conn: AsyncConnection, alert: pb.LimitAlert) -> None:
        portal_id, now = UUID(alert.portal_id), self._now()
        portal = await statements.to_tell(conn, portal_id)
        user_ids = list(portal.admin_user_ids)[:MOST_TOLD] if portal else []
        if not portal or not user_ids:
            return
        messages = {user_id: ids.uuid7() for user_id in user_ids}
        await statements.open_dialogs(conn, portal_id, user_ids, now)
        body = body_of(alert, portal.language or DEFAULT_LANGUAGE)
        told = [_message(portal_id, user_id, one, body, portal.bot_id) for user_id, one in messages.items()]
        await replies.fix(conn, told, now)


def body_of(alert: pb.LimitAlert, language: str) -> str:
    """Return what an administrator is told."""
    is_kept = not alert.name.endswith("_per_month")
    said = texts.LIMIT_ALERT_KEPT if is_kept else texts.LIMIT_ALERT
    name = texts.LIMIT_NAMES[alert.name][language]
    return said[language].format(
        name=name[0].upper() + name[1:],
        used=alert.used,
        limit=alert.limit,
        threshold=alert.threshold,
        resets_at=f"{alert.resets_at.ToDatetime(tzinfo=UTC):%d.%m.%Y}",
    )


def _message(portal_id: UUID, user_id: int, message_id: UUID, body: str, bot_id: int) -> Reply:
    return Reply(
        id=message_id,
        portal_id=portal_id,
        dialog_id=dialog_id_of(portal_id, str(user_id)),
        provider_dialog_id=str(user_id),
        trace_id=message_id,
        position=0,
        part=0,
        body=body,
        buttons=(),
        reply_to=None,
        reply_to_provider_id=0,
        author_id=bot_id,
        priority=_BULK,
    )
