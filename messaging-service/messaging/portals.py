"""What this context makes of portals' changes: its read model, and a welcome for each new allowed user."""

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from kit import changefeed, ids, purge
from kit.pb import enum_name, to_datetime
from kit.queue import Bell
from messaging import fetch, second_look, texts
from messaging.domain import DEFAULT_LANGUAGE, Reply, dialog_id_of
from messaging.ingest import RESPOND
from messaging.repository import portals as statements
from messaging.repository import replies
from teachbase.portal.v1 import feed_pb2
from teachbase.portal.v1 import portal_pb2 as pb

_BULK = 2


class PortalChanges:
    """Follows portals."""

    def __init__(self, engine: AsyncEngine, bell: Bell, now: Callable[[], datetime]) -> None:
        self._engine = engine
        self._bell = bell
        self._now = now

    async def cursor(self) -> int:
        """Return how far the feed was taken."""
        async with self._engine.connect() as conn:
            return await changefeed.load_cursor(conn, statements.FEED)

    async def apply(self, page: feed_pb2.WatchPortalsResponse) -> None:
        """Take a page: portals, their welcomes and the cursor in one transaction."""
        async with self._engine.begin() as conn:
            if not await changefeed.advance_cursor(conn, statements.FEED, page.cursor):
                return  # another worker has taken a page as new as this
            for change in page.changes:
                await _store(conn, change)
                await fetch.follow(conn, change, UUID(change.portal_id), self._now())
                if asked_at := to_datetime(change, "purge_asked_at"):
                    await purge.ask(conn, UUID(change.portal_id), change.member_id, asked_at)
                else:
                    await purge.cancel(conn, UUID(change.portal_id))
                if change.state == pb.PORTAL_STATE_ACTIVE:
                    # Not sooner: before its install is final nobody of a portal is allowed to ask.
                    await second_look.begin(conn, UUID(change.portal_id), self._now())
                    await self._welcome(conn, change)
        self._bell.ring(RESPOND)

    async def provision(self, portal_id: UUID, user_ids: list[int]) -> dict[int, str]:
        """Return the state of each user's welcome; a user without one is absent."""
        async with self._engine.connect() as conn:
            return await statements.provision(conn, portal_id, user_ids)

    async def _welcome(self, conn: AsyncConnection, change: feed_pb2.PortalChange) -> None:
        portal_id, user_ids = UUID(change.portal_id), list(change.access.user_ids)
        if not user_ids or change.access.mode != pb.ACCESS_MODE_LIST:
            return  # who is let in by a department, or with everybody, is greeted when he opens the chat
        taken = await statements.take_welcomes(conn, portal_id, user_ids, [ids.uuid7() for _ in user_ids])
        if not taken:
            return
        now = self._now()
        await statements.open_dialogs(conn, portal_id, list(taken), now)
        welcomes = [_welcome(portal_id, user_id, message_id, change) for user_id, message_id in taken.items()]
        await replies.fix(conn, welcomes, now)


async def _store(conn: AsyncConnection, change: feed_pb2.PortalChange) -> None:
    await statements.upsert(
        conn,
        portal_id=UUID(change.portal_id),
        member_id=change.member_id,
        domain=change.domain,
        state=enum_name(pb.PortalState, change.state),
        bot_id=change.bot_id,
        token_hashes=list(change.application_token_hashes),
        access_mode=enum_name(pb.AccessMode, change.access.mode),
        user_ids=list(change.access.user_ids),
        department_ids=list(change.access.department_ids),
        language=change.settings.language,
        admin_user_ids=list(change.admin_user_ids),
    )


def _welcome(portal_id: UUID, user_id: int, message_id: UUID, change: feed_pb2.PortalChange) -> Reply:
    language = change.settings.language or DEFAULT_LANGUAGE
    return Reply(
        id=message_id,
        portal_id=portal_id,
        dialog_id=dialog_id_of(portal_id, str(user_id)),
        provider_dialog_id=str(user_id),
        trace_id=message_id,
        position=0,
        part=0,
        body=texts.GREETING[language],
        buttons=texts.HELP_BUTTON[language],
        reply_to=None,
        reply_to_provider_id=0,
        author_id=change.bot_id,
        priority=_BULK,
    )
