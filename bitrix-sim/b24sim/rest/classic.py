"""imbot.*: classic bots, upper-case parameters (contract 4.10)."""

from typing import Any

from b24sim.events.v1 import HANDLERS
from b24sim.messenger import bot_says, find_chat
from b24sim.model import Bot, Chat
from b24sim.rest import commands
from b24sim.rest.bots import check_url, find_by_code, remove_bot
from b24sim.rest.call import Call, Handler, RestError
from b24sim.rest.messages import DEFAULT_TYPING_SECONDS, read_content
from b24sim.rest.params import as_bool, as_int, as_items, as_map, as_text

BOT_LIMIT = 5
TYPES = {"B": "bot", "O": "openline", "H": "bot", "S": "supervisor"}
EVENTS = frozenset(HANDLERS.values())
REQUIRED_EVENTS = ("EVENT_MESSAGE_ADD", "EVENT_WELCOME_MESSAGE", "EVENT_BOT_DELETE")


def register(call: Call) -> int:
    """The id of the new bot, or of the existing one of that code."""
    params = call.params
    code = as_text(params.get("CODE"))
    if not code:
        raise RestError("CODE_ERROR", "Bot code isn't specified")
    name = _full_name(as_map(params.get("PROPERTIES")))
    if not name:
        raise RestError("NAME_ERROR", "Bot name isn't specified")
    handlers = _handlers(params)
    for event in REQUIRED_EVENTS:
        if event not in handlers:
            raise RestError(f"{event}_ERROR", f"Handler for {event} isn't specified")
    existing = find_by_code(call.portal, code)
    if existing is not None:
        if existing.client_id != call.cloud.settings.client_id:
            raise RestError("CODE_ERROR", "Bot code is already taken")
        return existing.id
    if sum(bot.api == "v1" for bot in call.portal.bots.values()) >= BOT_LIMIT:
        raise RestError("MAX_COUNT_ERROR", "Maximum count of bots is reached")
    bot = Bot(
        id=call.portal.next_id("bot"),
        code=code,
        client_id=call.cloud.settings.client_id,
        name=name,
        api="v1",
        type=TYPES.get(as_text(params.get("TYPE")), "bot"),
        event_mode="webhook",
        handlers=handlers,
        properties=_v2_properties(as_map(params.get("PROPERTIES"))),
        handler_id=call.portal.next_id("handler"),
    )
    call.portal.bots[bot.id] = bot
    call.cloud.changed.set()
    return bot.id


def update(call: Call) -> bool:
    """Change handlers and properties: `BOT_ID`, `FIELDS{EVENT_*, PROPERTIES}`, or its properties flat."""
    bot = _own_bot(call)
    fields = as_map(call.params.get("FIELDS"))
    bot.handlers.update(_handlers(fields))
    properties = {**fields, **as_map(fields.get("PROPERTIES"))}
    bot.name = _full_name(properties) or bot.name
    bot.properties = {**bot.properties, **_v2_properties(properties)}
    call.cloud.changed.set()
    return True


def unregister(call: Call) -> bool:
    """Delete the bot with its private chats."""
    remove_bot(call, _own_bot(call))
    return True


def list_bots(call: Call) -> dict[str, Any]:
    """An object keyed by bot id."""
    return {
        str(bot.id): {"ID": str(bot.id), "NAME": bot.name, "CODE": bot.code, "OPENLINE": "N"}
        for bot in call.portal.bots.values()
    }


def message_add(call: Call) -> int:
    """The id of the new message; there is no idempotent send here."""
    bot, chat = _own_bot(call), _chat(call)
    fields = {"message": call.params.get("MESSAGE"), "attach": call.params.get("ATTACH")}
    content = read_content({**fields, "keyboard": call.params.get("KEYBOARD")})
    if not content["text"] and not content["attach"]:
        raise RestError("MESSAGE_EMPTY", "Message can't be empty")
    system = as_bool(call.params.get("SYSTEM"))
    return bot_says(call.cloud, call.portal, bot, chat, system=system, **content).id


def send_typing(call: Call) -> bool:
    """Show the typing sign."""
    _own_bot(call)
    call.portal.live.typing[_chat(call).id] = (call.now + DEFAULT_TYPING_SECONDS, "")
    return True


def command_register(call: Call) -> int:
    """The id of the new command, or of the existing one of that name."""
    bot = _own_bot(call)
    name = as_text(call.params.get("COMMAND")).removeprefix("/")
    if not commands.NAME.fullmatch(name):
        raise RestError("COMMAND_ERROR", "Command isn't specified")
    handler = as_text(call.params.get("EVENT_COMMAND_ADD"))
    check_url(handler, "EVENT_COMMAND_ADD")
    command = commands.find(call.portal, bot, name) or commands.add(call.cloud, call.portal, bot, name)
    for item in as_items(call.params.get("LANG")):
        language = as_text(as_map(item).get("LANGUAGE_ID"))
        command.title[language] = as_text(as_map(item).get("TITLE"))
        command.params[language] = as_text(as_map(item).get("PARAMS"))
    command.handler = handler
    command.common = as_bool(call.params.get("COMMON"))
    command.hidden = as_bool(call.params.get("HIDDEN"))
    command.extranet_support = as_bool(call.params.get("EXTRANET_SUPPORT"))
    return command.id


def _own_bot(call: Call) -> Bot:
    bot = call.portal.bots.get(as_int(call.params.get("BOT_ID")))
    if bot is None:
        raise RestError("BOT_ID_ERROR", "Bot not found")
    if bot.client_id != call.cloud.settings.client_id:
        raise RestError("APP_ID_ERROR", "Bot was installed by another application")
    return bot


def _chat(call: Call) -> Chat:
    dialog_id = as_text(call.params.get("DIALOG_ID"))
    if not dialog_id:
        raise RestError("DIALOG_ID_EMPTY", "Dialog ID can't be empty")
    chat = find_chat(call.portal, _own_bot(call), dialog_id)
    if chat is None:
        raise RestError("ACCESS_ERROR", "You don't have access to this chat", 403)
    return chat


def _handlers(params: dict[str, Any]) -> dict[str, str]:
    """EVENT_* -> URL; EVENT_HANDLER stands for all of them."""
    common = as_text(params.get("EVENT_HANDLER"))
    handlers = {event: as_text(params.get(event)) or common for event in EVENTS}
    given = {event: url for event, url in handlers.items() if url}
    for event, url in given.items():
        check_url(url, f"{event}_ERROR")
    return given


def _full_name(properties: dict[str, Any]) -> str:
    return f"{as_text(properties.get('NAME'))} {as_text(properties.get('LAST_NAME'))}".strip()


def _v2_properties(properties: dict[str, Any]) -> dict[str, Any]:
    names = {"WORK_POSITION": "workPosition", "COLOR": "color"}
    return {new: properties[old] for old, new in names.items() if old in properties}


METHODS: dict[str, Handler] = {
    "imbot.register": register,
    "imbot.update": update,
    "imbot.unregister": unregister,
    "imbot.bot.list": list_bots,
    "imbot.message.add": message_add,
    "imbot.chat.sendTyping": send_typing,
    "imbot.command.register": command_register,
}
