"""The bot of a portal: registered once, brought up to date always, its commands with it (contract 4.2, 4.8)."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from bitrix.errors import BitrixError
from bitrix.events import as_id, as_map
from kit import db, metrics
from kit.errors import DomainError
from portal import changes
from portal.bot_profile import CODE, EVENTS_PATH, HELP_TITLES, PROPERTIES
from portal.classic_bot import ClassicBots
from portal.clients.rest import PortalRest
from portal.domain import Bot, Portal
from portal.errors import NoCredential, OauthUnavailable, PortalNotFound, TokenRefused
from portal.repository import portals as statements

log = structlog.get_logger("bot")

_HELP = {
    "command": "help",
    "title": HELP_TITLES,
    "common": False,
    "hidden": False,
    "extranetSupport": False,
}
_NO_SUCH_METHOD = "ERROR_METHOD_NOT_FOUND"
"""Of a portal without bots of the second generation; one without the scope `imbot` refuses both."""
_RETRY_AFTER = timedelta(minutes=1)
_SWEEP_LIMIT = 20


class Bots:
    """Keeps every portal's bot registered."""

    def __init__(
        self, engine: AsyncEngine, rest: PortalRest, public_url: str, now: Callable[[], datetime]
    ) -> None:
        self._engine = engine
        self._rest = rest
        self._webhook_url = public_url.rstrip("/") + EVENTS_PATH
        self._classic = ClassicBots(rest, self._webhook_url)
        self._now = now

    async def ensure(self, portal_id: UUID) -> Bot:
        """Register the bot or bring it up to date, and store how it stands. A refusal is stored, not raised.

        Raises PortalNotFound.
        """
        async with self._engine.connect() as conn:
            portal = await statements.find(conn, portal_id)
        if portal is None:
            raise PortalNotFound(portal_id=portal_id)
        try:
            bot = await self._register(portal_id, portal.settings.event_mode)
        except BitrixError as error:
            if error.code != _NO_SUCH_METHOD:
                bot = Bot(0, "failed", error.code)
            else:
                bot = await self._classic.register(portal_id)
        except (NoCredential, OauthUnavailable, TokenRefused) as error:
            bot = Bot(0, "failed", error.reason)
        await self._store(portal_id, bot)
        log.info("bot ensured", portal_id=str(portal_id), bot_id=bot.id, state=bot.state, code=bot.error_code)
        return bot

    async def unregister(self, portal: Portal) -> None:
        """Take the bot off a portal. Raises BitrixError, NoCredential, OauthUnavailable, TokenRefused."""
        if not portal.bot.id:
            return
        if portal.bot.api == "v1":
            await self._rest.call(portal.id, "imbot.unregister", {"BOT_ID": portal.bot.id}, is_idempotent=True)
        else:
            params = {"botId": portal.bot.id}
            await self._rest.call(portal.id, "imbot.v2.Bot.unregister", params, is_idempotent=True)

    async def sweep(self) -> None:
        """Try again for portals in use that have no bot; none waits for another or suffers from its failure."""
        async with self._engine.connect() as conn:
            waiting = await statements.without_bot(conn, self._now() - _RETRY_AFTER, _SWEEP_LIMIT)
        await asyncio.gather(*map(self._try, waiting))

    async def _try(self, portal_id: UUID) -> None:
        try:
            await self.ensure(portal_id)
        except Exception as error:
            metrics.BACKGROUND_FAILURES.labels("ensure_bot").inc()
            log.warning("bot not ensured", portal_id=str(portal_id), error=repr(error), exc_info=db.cause(error))

    async def _register(self, portal_id: UUID, event_mode: str) -> Bot:
        settings = {"eventMode": event_mode, "webhookUrl": self._webhook_url, "properties": PROPERTIES}
        registration = {"fields": {"code": CODE, "type": "bot", **settings}}
        result = await self._rest.call(portal_id, "imbot.v2.Bot.register", registration, is_idempotent=True)
        bot_id = _bot_id(result)
        # Trap 30: register answers an existing bot with its old settings.
        await self._rest.call(
            portal_id, "imbot.v2.Bot.update", {"botId": bot_id, "fields": settings}, is_idempotent=True
        )
        await self._register_help(portal_id, bot_id)
        return Bot(bot_id, "registered", "")

    async def _register_help(self, portal_id: UUID, bot_id: int) -> None:
        try:
            await self._rest.call(portal_id, "imbot.v2.Command.register", {"botId": bot_id, "fields": _HELP})
        except (BitrixError, DomainError) as error:
            # The bot answers the text /help as well, so a portal without the command is not a broken one.
            log.warning("command not registered", portal_id=str(portal_id), error=str(error))

    async def _store(self, portal_id: UUID, bot: Bot) -> None:
        async with self._engine.begin() as conn:
            await statements.set_bot(conn, portal_id, bot, self._now())
            await changes.announce(conn, portal_id)


def _bot_id(result: Any) -> int:
    bot_id = as_id(as_map(as_map(result).get("bot")).get("id"))
    if not bot_id:
        raise BitrixError.unexpected("imbot.v2.Bot.register")
    return bot_id
