"""The bot of a portal: registered once, brought up to date always, its commands with it (contract 4.2, 4.8)."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from bitrix.errors import BitrixError
from bitrix.events import as_id, as_map, as_text
from kit import db, metrics
from kit.errors import DomainError
from portal import changes
from portal.bot_profile import CODE, EVENTS_PATH, HELP_TITLES, PROPERTIES
from portal.classic_bot import ClassicBots
from portal.clients.rest import PortalRest
from portal.domain import Bot, Portal
from portal.errors import NoCredential, OauthUnavailable, TokenRefused
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
DELETED = "BOT_DELETED"
"""Why a portal has no bot: an administrator of it deleted it."""
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
        wanted = (await self._find(portal_id)).settings.event_mode
        while True:
            bot = await self._try_to_register(portal_id, wanted)
            await self._store(portal_id, bot)
            told, wanted = wanted, (await self._find(portal_id)).settings.event_mode
            if wanted == told or not bot.id or bot.is_classic:
                break  # else the settings were changed meanwhile, and who changed them may have been before us
        log.info("bot ensured", portal_id=str(portal_id), bot_id=bot.id, state=bot.state, code=bot.error_code)
        return bot

    async def _try_to_register(self, portal_id: UUID, event_mode: str) -> Bot:
        try:
            return await self._register(portal_id, event_mode)
        except BitrixError as error:
            if error.code != _NO_SUCH_METHOD:
                return Bot(0, "failed", error.code)
            return await self._classic.register(portal_id)
        except (NoCredential, OauthUnavailable, TokenRefused) as error:
            return Bot(0, "failed", error.reason)

    async def unregister(self, portal: Portal) -> None:
        """Take the bot off a portal. Raises BitrixError, NoCredential, OauthUnavailable, TokenRefused."""
        if not portal.bot.id:
            return
        if portal.bot.is_classic:
            await self._rest.call(portal.id, "imbot.unregister", {"BOT_ID": portal.bot.id}, is_idempotent=True)
        else:
            params = {"botId": portal.bot.id}
            await self._rest.call(portal.id, "imbot.v2.Bot.unregister", params, is_idempotent=True)

    async def look_for(self, portal_id: UUID) -> None:
        """Learn whether the bot was deleted; then it stays away until an administrator sets it up again (trap 28).

        Raises PortalNotFound, BitrixError, NoCredential, OauthUnavailable, TokenRefused.
        """
        portal = await self._find(portal_id)
        if await self._is_there(portal):
            return
        async with self._engine.begin() as conn:
            await statements.note_deleted_bot(conn, portal_id, DELETED)
            await changes.announce(conn, portal_id)
        log.warning("bot deleted", portal_id=str(portal_id), bot_id=portal.bot.id)

    async def _is_there(self, portal: Portal) -> bool:
        if portal.bot.is_classic:
            # An object keyed by id (contract 4.10).
            listed = as_map(await self._rest.call(portal.id, "imbot.bot.list", {}, is_idempotent=True))
            return any(as_text(as_map(bot).get("CODE")) == CODE for bot in listed.values())
        try:
            await self._rest.call(portal.id, "imbot.v2.Bot.get", {"code": CODE}, is_idempotent=True)
        except BitrixError as error:
            if error.code != "BOT_NOT_FOUND":
                raise
            return False
        return True

    async def _find(self, portal_id: UUID) -> Portal:
        async with self._engine.connect() as conn:
            return await statements.get(conn, portal_id)

    async def sweep(self) -> None:
        """Try again for portals in use that have no bot; none waits for another or suffers from its failure."""
        async with self._engine.connect() as conn:
            waiting = await statements.without_bot(conn, self._now() - _RETRY_AFTER, DELETED, _SWEEP_LIMIT)
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
        return Bot(bot_id, "registered", "", event_mode=event_mode)

    async def _register_help(self, portal_id: UUID, bot_id: int) -> None:
        try:
            await self._rest.call(portal_id, "imbot.v2.Command.register", {"botId": bot_id, "fields": _HELP})
        except (BitrixError, DomainError) as error:
            # The bot answers the text /help as well, so a portal without the command is not a broken one.
            log.warning("command not registered", portal_id=str(portal_id), error=str(error))

    async def _store(self, portal_id: UUID, bot: Bot) -> None:
        async with self._engine.begin() as conn:
            await statements.set_bot(conn, portal_id, bot, self._now())
            if bot.is_classic and bot.id:
                await statements.push_events(conn, portal_id)  # it cannot be asked for them
            await changes.announce(conn, portal_id)


def _bot_id(result: Any) -> int:
    bot_id = as_id(as_map(as_map(result).get("bot")).get("id"))
    if not bot_id:
        raise BitrixError.unexpected("imbot.v2.Bot.register")
    return bot_id
