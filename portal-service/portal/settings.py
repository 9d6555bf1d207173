"""What a portal's administrator chooses: saved, told to the followers, and the bot brought in line with it."""

from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from portal import changes
from portal.bot import Bots
from portal.domain import Actor, Portal, PortalSettings
from portal.errors import FetchNeedsBotsV2, PortalNotInstalled
from portal.life import GONE
from portal.repository import audit, portals
from portal.repository import settings as statements

_RUSSIAN = {"ru", "by", "kz", "ua"}


class SettingsOfPortals:
    """Saves settings."""

    def __init__(self, engine: AsyncEngine, bots: Bots, now: Callable[[], datetime]) -> None:
        self._engine = engine
        self._bots = bots
        self._now = now

    async def save(self, portal_id: UUID, given: PortalSettings, actor: Actor | None) -> Portal:
        """Save what is given; what is empty stays. What `actor` of the vendor's staff does is audited.

        Raises PortalNotFound, PortalNotInstalled, FetchNeedsBotsV2.
        """
        now = self._now()
        async with self._engine.begin() as conn:
            if await portals.lock_state(conn, portal_id) in GONE:
                raise PortalNotInstalled(portal_id=portal_id)
            before = await portals.get(conn, portal_id)
            settings = PortalSettings(
                given.language or before.settings.language, given.event_mode or before.settings.event_mode
            )
            if settings.event_mode == "fetch" and before.bot.api != "v2":
                raise FetchNeedsBotsV2(portal_id=portal_id)
            if settings != before.settings:
                await statements.set_settings(conn, portal_id, settings, now)
                if actor:
                    await audit.write(
                        conn,
                        actor,
                        "portal.settings",
                        portal_id,
                        before=asdict(before.settings),
                        after=asdict(settings),
                        now=now,
                    )
                await changes.announce(conn, portal_id)
        if settings.event_mode != before.settings.event_mode:
            await self._bots.ensure(portal_id)
        return await self._find(portal_id)

    async def learn_language(self, portal_id: UUID, language_id: str) -> None:
        """Take a portal's own language (contract 6.5) where nobody has chosen one."""
        language = "ru" if language_id.lower() in _RUSSIAN else "en"
        async with self._engine.begin() as conn:
            if language_id and await statements.learn_language(conn, portal_id, language):
                await changes.announce(conn, portal_id)

    async def _find(self, portal_id: UUID) -> Portal:
        async with self._engine.connect() as conn:
            return await portals.get(conn, portal_id)
