"""What the application needs on a portal besides its credential: the bot, and events of its own life."""

from typing import Any
from uuid import UUID

import structlog

from bitrix.errors import BitrixError
from bitrix.events import as_map, as_text
from bitrix.limiter import ENTERPRISE, Budget, Limiter
from kit.errors import DomainError
from portal.bot import Bots
from portal.bot_profile import EVENTS_PATH
from portal.clients.rest import PortalRest
from portal.domain import Bot
from portal.settings import SettingsOfPortals

log = structlog.get_logger("setup")

EVENTS = ("ONAPPUNINSTALL", "ONAPPPAYMENT", "ONAPPUPDATE", "ONAPPTEST")
"""Bound per version: the platform drops handlers with each (contract 1.4). Bot events need none (contract 4.2)."""


class Setup:
    """Sets portals up; safe to repeat."""

    def __init__(
        self, settings: SettingsOfPortals, bots: Bots, rest: PortalRest, limiter: Limiter, public_url: str
    ) -> None:
        self._settings = settings
        self._bots = bots
        self._rest = rest
        self._limiter = limiter
        self._handler = public_url.rstrip("/") + EVENTS_PATH

    async def run(self, portal_id: UUID) -> Bot:
        """Make sure of the bot, the events and the rate budget. What the portal refuses is stored or logged."""
        bot = await self._bots.ensure(portal_id)
        if bot.state == "registered":
            try:
                await self._bind(portal_id)
                await self._learn(portal_id)
            except (BitrixError, DomainError) as error:
                # The bot answers without them; a removal is then learned from the first call that is refused.
                log.warning("events not bound", portal_id=str(portal_id), error=str(error))
        return bot

    async def _learn(self, portal_id: UUID) -> None:
        """The portal's language; and its plan: the platform grants Enterprise more requests (contract 3.4)."""
        info = as_map(await self._rest.call(portal_id, "app.info", {}, is_idempotent=True))
        is_enterprise = as_text(info.get("LICENSE_FAMILY")).lower().startswith("ent")
        await self._limiter.set_budget(
            await self._rest.member_of(portal_id), ENTERPRISE if is_enterprise else Budget()
        )
        await self._settings.learn_language(portal_id, as_text(info.get("LANGUAGE_ID")))

    async def _bind(self, portal_id: UUID) -> None:
        bound = _bound(await self._rest.call(portal_id, "event.get", {}, is_idempotent=True))
        for event in EVENTS:
            if (event, self._handler) not in bound:
                await self._rest.call(portal_id, "event.bind", {"event": event, "handler": self._handler})


def _bound(result: Any) -> set[tuple[str, str]]:
    items = map(as_map, result if isinstance(result, list) else [])
    return {(as_text(item.get("event")).upper(), as_text(item.get("handler"))) for item in items}
