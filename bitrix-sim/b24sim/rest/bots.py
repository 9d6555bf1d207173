"""imbot.v2.Bot.*: registration of bots (contract 4.2, 4.3)."""

from typing import Any
from urllib.parse import urlsplit

from b24sim.events.happening import Happening
from b24sim.events.publish import publish
from b24sim.events.views import bot_user_view, bot_view
from b24sim.model import Bot
from b24sim.portal import Portal
from b24sim.rest.call import Call, Handler, RestError
from b24sim.rest.params import as_bool, as_int, as_map, as_text

TYPES = frozenset({"bot", "openline", "supervisor", "personal"})
EVENT_MODES = frozenset({"webhook", "fetch"})
BOT_LIMIT = 100
PAGE = 50


def register(call: Call) -> dict[str, Any]:
    """A new bot, or the existing one of that code unchanged: changes need Bot.update."""
    fields = as_map(call.params.get("fields"))
    code = as_text(fields.get("code"))
    if not code:
        raise RestError("BOT_CODE_REQUIRED", "Bot code is required")
    properties = as_map(fields.get("properties"))
    if not as_text(properties.get("name")):
        raise RestError("BOT_PROPERTIES_REQUIRED", "Bot properties are required")
    kind = as_text(fields.get("type")) or "bot"
    if kind not in TYPES:
        raise RestError("BOT_INVALID_TYPE", "Invalid bot type")
    mode, url = _delivery(fields, "fetch", "")
    existing = find_by_code(call.portal, code)
    if existing is not None:
        if existing.client_id != call.cloud.settings.client_id:
            raise RestError("BOT_CODE_ALREADY_TAKEN", "Bot code is already taken")
        return answer(call.portal, existing)
    if len(call.portal.bots) >= BOT_LIMIT:
        raise RestError("BOT_LIMIT_EXCEEDED", "Bot limit exceeded")
    bot = Bot(
        id=call.portal.next_id("bot"),
        code=code,
        client_id=call.cloud.settings.client_id,
        name=as_text(properties.get("name")),
        type=kind,
        event_mode="webhook" if mode == "webhook" else "fetch",
        webhook_url=url,
        handler_id=call.portal.next_id("handler"),
    )
    _apply(bot, fields)
    call.portal.bots[bot.id] = bot
    call.cloud.changed.set()
    return answer(call.portal, bot)


def update(call: Call) -> dict[str, Any]:
    """Change properties, switches, mode and webhook of an own bot."""
    bot = own_bot(call)
    fields = as_map(call.params.get("fields"))
    if not fields:
        raise RestError("PARAMS_REQUIRED", "Fields are required")
    mode, url = _delivery(fields, bot.event_mode, bot.webhook_url)
    bot.event_mode = "webhook" if mode == "webhook" else "fetch"
    bot.webhook_url = url
    _apply(bot, fields)
    call.cloud.changed.set()
    return answer(call.portal, bot)


def get(call: Call) -> dict[str, Any]:
    """A bot by `botId` or by `code`; any application may read it."""
    code = as_text(call.params.get("code"))
    bot_id = as_int(call.params.get("botId"))
    if not code and not bot_id:
        raise RestError("BOT_ID_REQUIRED", "Bot ID is required")
    bot = find_by_code(call.portal, code) if code else call.portal.bots.get(bot_id)
    if bot is None:
        raise RestError("BOT_NOT_FOUND", "Bot not found")
    return answer(call.portal, bot)


def list_bots(call: Call) -> dict[str, Any]:
    """Own bots: `filter{type}`, `limit` up to 50, `offset`."""
    kind = as_text(as_map(call.params.get("filter")).get("type"))
    limit = min(as_int(call.params.get("limit"), PAGE), PAGE)
    offset = as_int(call.params.get("offset"))
    own = [
        bot
        for bot in call.portal.bots.values()
        if bot.client_id == call.cloud.settings.client_id and kind in {"", bot.type}
    ]
    page = own[offset : offset + limit]
    return {
        "bots": [full_view(call.portal, bot) for bot in page],
        "users": [bot_user_view(bot) for bot in page],
        "hasNextPage": offset + limit < len(own),
    }


def unregister(call: Call) -> dict[str, Any]:
    """Delete an own bot with its private chats; its last event is ONIMBOTV2DELETE."""
    remove_bot(call, own_bot(call))
    return {"result": True}


def remove_bot(call: Call, bot: Bot) -> None:
    """Take the bot, its commands and its private chats away, and tell its owner."""
    portal = call.portal
    publish(call.cloud, portal, bot, Happening("bot_delete", user=portal.users.get(call.user_id)))
    del portal.bots[bot.id]
    for command_id in [command.id for command in portal.commands.values() if command.bot_id == bot.id]:
        del portal.commands[command_id]
    for key in [key for key in portal.private_chats if key[0] == bot.id]:
        chat = portal.chats.pop(portal.private_chats.pop(key))
        for message_id in chat.message_ids:
            del portal.messages[message_id]
    for chat in portal.chats.values():
        if bot.id in chat.members:
            chat.members.remove(bot.id)
    call.cloud.changed.set()


def own_bot(call: Call, key: str = "botId") -> Bot:
    """The bot named in the call; BOT_ID_REQUIRED, BOT_NOT_FOUND or BOT_OWNERSHIP_ERROR."""
    bot_id = as_int(call.params.get(key))
    if not bot_id:
        raise RestError("BOT_ID_REQUIRED", "Bot ID is required")
    bot = call.portal.bots.get(bot_id)
    if bot is None:
        raise RestError("BOT_NOT_FOUND", "Bot not found")
    if bot.client_id != call.cloud.settings.client_id:
        raise RestError("BOT_OWNERSHIP_ERROR", "Bot belongs to another application", 403)
    return bot


def find_by_code(portal: Portal, code: str) -> Bot | None:
    """Codes are unique across all applications of the portal."""
    return next((bot for bot in portal.bots.values() if bot.code == code), None)


def answer(portal: Portal, bot: Bot) -> dict[str, Any]:
    """`{bot, users}` of register, update and get."""
    return {"bot": full_view(portal, bot), "users": [bot_user_view(bot)]}


def full_view(portal: Portal, bot: Bot) -> dict[str, Any]:
    """The bot object with its counts."""
    chats = [chat for chat in portal.chats.values() if bot.id in chat.members]
    counts = {
        "command": sum(command.bot_id == bot.id for command in portal.commands.values()),
        "chat": sum(chat.kind != "private" for chat in chats),
        "user": sum(chat.kind == "private" for chat in chats),
    }
    return bot_view(bot, portal.language, counts)


def _delivery(fields: dict[str, Any], mode: str, url: str) -> tuple[str, str]:
    mode = as_text(fields.get("eventMode")) or mode
    if mode not in EVENT_MODES:
        raise RestError("BOT_INVALID_EVENT_MODE", "Invalid event mode")
    url = as_text(fields.get("webhookUrl")) or url
    if mode == "webhook":
        if not url:
            raise RestError("BOT_WEBHOOK_URL_REQUIRED", "Webhook URL is required")
        check_url(url, "BOT_INVALID_CALLBACK")
    return mode, url


def check_url(url: str, code: str) -> None:
    """Scheme http or https and a host with a dot; nobody knocks at it (contract 4.2)."""
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or "." not in (parts.hostname or ""):
        raise RestError(code, "Invalid callback URL")


def _apply(bot: Bot, fields: dict[str, Any]) -> None:
    properties = as_map(fields.get("properties"))
    bot.properties = {**bot.properties, **{key: value for key, value in properties.items() if key != "avatar"}}
    bot.name = as_text(properties.get("name")) or bot.name
    bot.is_hidden = as_bool(fields.get("isHidden"), default=bot.is_hidden)
    bot.is_reactions_enabled = as_bool(fields.get("isReactionsEnabled"), default=bot.is_reactions_enabled)
    bot.is_support_openline = as_bool(fields.get("isSupportOpenline"), default=bot.is_support_openline)
    bot.background_id = as_text(fields.get("backgroundId")) or bot.background_id


METHODS: dict[str, Handler] = {
    "imbot.v2.Bot.register": register,
    "imbot.v2.Bot.update": update,
    "imbot.v2.Bot.get": get,
    "imbot.v2.Bot.list": list_bots,
    "imbot.v2.Bot.unregister": unregister,
}
