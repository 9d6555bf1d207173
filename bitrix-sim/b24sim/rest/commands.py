"""imbot.v2.Command.*: slash commands and their answers (contract 4.8)."""

import re
from typing import Any

from b24sim.cloud import Cloud
from b24sim.messenger import bot_says, find_chat
from b24sim.model import Bot, Chat, Command
from b24sim.portal import Portal
from b24sim.rest.bots import own_bot
from b24sim.rest.call import Call, Handler, RestError
from b24sim.rest.messages import read_content
from b24sim.rest.params import as_bool, as_int, as_map, as_text

NAME = re.compile(r"[a-zA-Z0-9_]+")


def register(call: Call) -> dict[str, Any]:
    """A new command, or the existing one of that name unchanged: changes need Command.update."""
    bot = own_bot(call)
    fields = as_map(call.params.get("fields"))
    name = _name(fields)
    if not as_bool(fields.get("hidden")) and not as_map(fields.get("title")):
        raise RestError("COMMAND_TITLE_REQUIRED", "Command title is required")
    command = find(call.portal, bot, name)
    if command is None:
        command = add(call.cloud, call.portal, bot, name)
        _apply(command, fields)
    return {"command": view(command)}


def update(call: Call) -> dict[str, Any]:
    """Change the fields given."""
    command = _own_command(call)
    fields = as_map(call.params.get("fields"))
    if "command" in fields:
        command.name = _name(fields)
    _apply(command, fields)
    call.cloud.changed.set()
    return {"command": view(command)}


def list_commands(call: Call) -> dict[str, Any]:
    """The commands of an own bot, titles in the language of the portal."""
    bot, language = own_bot(call), call.portal.language
    return {
        "commands": [
            {
                **view(command),
                "title": command.title.get(language, ""),
                "params": command.params.get(language, ""),
                "category": bot.name,
                "context": "",
            }
            for command in call.portal.commands.values()
            if command.bot_id == bot.id
        ]
    }


def unregister(call: Call) -> dict[str, Any]:
    """Forget a command."""
    del call.portal.commands[_own_command(call).id]
    call.cloud.changed.set()
    return {"result": True}


def answer(call: Call) -> dict[str, Any]:
    """Answer a command, also in a chat the bot is not in."""
    bot, _ = own_bot(call), _own_command(call)
    content = read_content(as_map(call.params.get("fields")))
    if not content["text"] and not content["attach"]:
        raise RestError("EMPTY_MESSAGE", "Message can't be empty")
    bot_says(call.cloud, call.portal, bot, _chat_of(call, bot), **content)
    return {"result": True}


def add(cloud: Cloud, portal: Portal, bot: Bot, name: str) -> Command:
    """A new command without title or switches."""
    command = Command(portal.next_id("command"), bot.id, name)
    portal.commands[command.id] = command
    cloud.changed.set()
    return command


def find(portal: Portal, bot: Bot, name: str) -> Command | None:
    """The command of that bot and name."""
    for command in portal.commands.values():
        if command.bot_id == bot.id and command.name == name:
            return command
    return None


def view(command: Command) -> dict[str, Any]:
    """The command object; the name gets its slash."""
    return {
        "id": command.id,
        "botId": command.bot_id,
        "command": f"/{command.name}",
        "common": command.common,
        "hidden": command.hidden,
        "extranetSupport": command.extranet_support,
    }


def _name(fields: dict[str, Any]) -> str:
    name = as_text(fields.get("command")).removeprefix("/")
    if not name:
        raise RestError("COMMAND_REQUIRED", "Command is required")
    if not NAME.fullmatch(name):
        raise RestError("COMMAND_NAME_INVALID", "Command may hold latin letters and digits")
    return name


def _apply(command: Command, fields: dict[str, Any]) -> None:
    command.title = _texts(fields.get("title")) or command.title
    command.params = _texts(fields.get("params")) or command.params
    command.common = as_bool(fields.get("common"), default=command.common)
    command.hidden = as_bool(fields.get("hidden"), default=command.hidden)
    command.extranet_support = as_bool(fields.get("extranetSupport"), default=command.extranet_support)


def _texts(value: Any) -> dict[str, str]:
    return {language: as_text(text) for language, text in as_map(value).items()}


def _own_command(call: Call) -> Command:
    bot = own_bot(call)
    command = call.portal.commands.get(as_int(call.params.get("commandId")))
    if command is None or command.bot_id != bot.id:
        raise RestError("COMMAND_NOT_FOUND", "Command not found")
    return command


def _chat_of(call: Call, bot: Bot) -> Chat:
    message = call.portal.messages.get(as_int(call.params.get("messageId")))
    chat = call.portal.chats.get(message.chat_id) if message else None
    chat = chat or find_chat(call.portal, bot, as_text(call.params.get("dialogId")))
    if chat is None:
        raise RestError("ACCESS_DENIED", "Access denied", 403)
    return chat


METHODS: dict[str, Handler] = {
    "imbot.v2.Command.register": register,
    "imbot.v2.Command.update": update,
    "imbot.v2.Command.list": list_commands,
    "imbot.v2.Command.unregister": unregister,
    "imbot.v2.Command.answer": answer,
}
