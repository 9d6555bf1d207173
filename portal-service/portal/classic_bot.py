"""Classic bots, for portals that have no bots of the second generation (contract 4.1, 4.10)."""

from uuid import UUID

import structlog

from bitrix.errors import BitrixError
from bitrix.events import as_id
from kit.errors import DomainError
from portal.bot_profile import CODE, HELP_TITLES, PROPERTIES
from portal.clients.rest import PortalRest
from portal.domain import Bot

log = structlog.get_logger("bot")

_EVENTS = (
    "EVENT_MESSAGE_ADD",
    "EVENT_WELCOME_MESSAGE",
    "EVENT_BOT_DELETE",
    "EVENT_MESSAGE_UPDATE",
    "EVENT_MESSAGE_DELETE",
)
_CARD = {
    "NAME": "Teachbase",
    "LAST_NAME": "AI",
    "WORK_POSITION": PROPERTIES["workPosition"],
    "COLOR": PROPERTIES["color"].upper(),
}


class ClassicBots:
    """Registers bots of the first generation. Their events and calls are of that generation too."""

    def __init__(self, rest: PortalRest, webhook_url: str) -> None:
        self._rest = rest
        self._webhook_url = webhook_url

    async def register(self, portal_id: UUID) -> Bot:
        """Register the bot or bring it up to date. A refusal of the portal is in the bot, not raised.

        Raises NoCredential, OauthUnavailable, TokenRefused.
        """
        # Its address is told at the registration and cannot be changed after it.
        urls = dict.fromkeys(_EVENTS, self._webhook_url)
        registration = {"CODE": CODE, "TYPE": "B", **urls, "PROPERTIES": _CARD}
        try:
            # Answers the bot of that code that is there, as it was.
            bot_id = as_id(await self._rest.call(portal_id, "imbot.register", registration, is_idempotent=True))
            if not bot_id:
                raise BitrixError.unexpected("imbot.register")
            update = {"BOT_ID": bot_id, "FIELDS": _CARD}
            await self._rest.call(portal_id, "imbot.update", update, is_idempotent=True)
        except BitrixError as error:
            return Bot(0, "failed", error.code)
        await self._register_help(portal_id, bot_id)
        return Bot(bot_id, "registered", "", api="v1")

    async def _register_help(self, portal_id: UUID, bot_id: int) -> None:
        command = {
            "BOT_ID": bot_id,
            "COMMAND": "help",
            "COMMON": "N",
            "HIDDEN": "N",
            "EXTRANET_SUPPORT": "N",
            "EVENT_COMMAND_ADD": self._webhook_url,
            "LANG": [{"LANGUAGE_ID": language, "TITLE": title} for language, title in HELP_TITLES.items()],
        }
        try:
            await self._rest.call(portal_id, "imbot.command.register", command)
        except (BitrixError, DomainError) as error:
            # The bot answers the text /help as well.
            log.warning("command not registered", portal_id=str(portal_id), error=str(error))
