"""Payloads of classic bots: ONIMBOT* and ONIMCOMMANDADD (contract 5.5)."""

import re
from typing import Any, Final

from b24sim.events.happening import Happening, Kind
from b24sim.events.views import MESSAGE_TYPES, dialog_id
from b24sim.model import Bot, Chat, Employee, Message

NAMES: Final[dict[Kind, str]] = {
    "add": "ONIMBOTMESSAGEADD",
    "update": "ONIMBOTMESSAGEUPDATE",
    "delete": "ONIMBOTMESSAGEDELETE",
    "join": "ONIMBOTJOINCHAT",
    "command": "ONIMCOMMANDADD",
    "bot_delete": "ONIMBOTDELETE",
}
HANDLERS: Final[dict[Kind, str]] = {
    "add": "EVENT_MESSAGE_ADD",
    "update": "EVENT_MESSAGE_UPDATE",
    "delete": "EVENT_MESSAGE_DELETE",
    "join": "EVENT_WELCOME_MESSAGE",
    "bot_delete": "EVENT_BOT_DELETE",
}
MENTION: Final = re.compile(r"\[USER=(\d+)\].*?\[/USER\],?\s*", re.DOTALL | re.IGNORECASE)
SWITCHES: Final = (
    "RECENT_SKIP_AUTHOR", "CONVERT", "SKIP_COMMAND", "SKIP_COUNTER_INCREMENTS", "SILENT_CONNECTOR",
    "SKIP_CONNECTOR", "IMPORTANT_CONNECTOR", "NO_SESSION_OL",
)  # fmt: skip


def payload(
    happening: Happening, bot: Bot, language: str, tokens: dict[str, Any], client_id: str
) -> dict[str, Any]:
    """`data`; `tokens` is the auth block of the acting user with a refresh token."""
    if happening.kind == "bot_delete" or happening.chat is None:
        return {"BOT_ID": bot.id, "BOT_CODE": bot.code}
    tokens = {**tokens, "scope": "imbot"}
    data: dict[str, Any] = {}
    if happening.kind == "command" and happening.command:
        data["COMMAND"] = {str(happening.command.id): _command(happening, bot, tokens)}
    else:
        auth = {**tokens, "client_id": client_id}
        data["BOT"] = {str(bot.id): {**auth, "AUTH": auth, "BOT_ID": bot.id, "BOT_CODE": bot.code}}
    data["PARAMS"] = _params(happening, happening.chat, bot, language)
    if happening.user:
        data["USER"] = _user(happening.user)
    return data


def _command(happening: Happening, bot: Bot, tokens: dict[str, Any]) -> dict[str, Any]:
    command, message = happening.command, happening.message
    return {
        **tokens,
        "BOT_ID": bot.id,
        "BOT_CODE": bot.code,
        "COMMAND": command.name if command else "",
        "COMMAND_ID": command.id if command else 0,
        "COMMAND_PARAMS": happening.command_params,
        "COMMAND_CONTEXT": happening.command_context.upper(),
        "MESSAGE_ID": message.id if message else 0,
    }


def _params(happening: Happening, chat: Chat, bot: Bot, language: str) -> dict[str, Any]:
    if happening.message is None:
        return _join_params(happening, chat, bot, language)
    params = _message_params(happening.message, chat, bot, happening.command_context)
    if happening.kind in {"update", "delete"}:
        params = {"ID": happening.message.id, **params}
    if chat.kind != "private":
        params |= _group_params(happening.message, chat)
    params["LANGUAGE"] = language
    if happening.kind == "command":
        params["BOT_IN_CHAT"] = {str(bot.id): bot.id}
    return params


def _message_params(message: Message, chat: Chat, bot: Bot, context: str) -> dict[str, Any]:
    kind = MESSAGE_TYPES[chat.kind]
    return {
        "MESSAGE": message.text if chat.kind == "private" else MENTION.sub("", message.text),
        "TEMPLATE_ID": message.uuid,
        "MESSAGE_TYPE": kind,
        "FROM_USER_ID": message.author_id,
        "DIALOG_ID": dialog_id(chat, bot),
        "TO_CHAT_ID": chat.id,
        "AUTHOR_ID": message.author_id,
        "SYSTEM": "Y" if message.system else "N",
        "TO_USER_ID": bot.id,
        "PUSH": "Y",
        "PUSH_IMPORTANT": "N",
        **dict.fromkeys(SWITCHES, "N"),
        "FAKE_RELATION": 0,
        "SKIP_URL_INDEX": "N",
        "COMMAND_CONTEXT": context.upper(),
        "CHAT_USER_COUNT": len(chat.members),
        "PLATFORM_CONTEXT": "web",
        "MESSAGE_ID": message.id,
        "CHAT_TYPE": kind,
    }


def _group_params(message: Message, chat: Chat) -> dict[str, Any]:
    return {
        "CHAT_ID": chat.id,
        "CHAT_TITLE": chat.name,
        "CHAT_AUTHOR_ID": chat.owner,
        "CHAT_ENTITY_TYPE": "LINES" if chat.kind == "lines" else "",
        "CHAT_ENTITY_ID": "",
        "CHAT_ENTITY_DATA_1": "",
        "CHAT_ENTITY_DATA_2": "",
        "CHAT_ENTITY_DATA_3": "",
        "CHAT_EXTRANET": "Y" if chat.extranet else "N",
        "RID": 1,
        "MENTIONED_LIST": {user: user for user in MENTION.findall(message.text)},
        "MESSAGE_ORIGINAL": message.text,
    }


def _join_params(happening: Happening, chat: Chat, bot: Bot, language: str) -> dict[str, Any]:
    kind = MESSAGE_TYPES[chat.kind]
    user_id = happening.user.id if happening.user else 0
    return {
        "CHAT_TYPE": kind,
        "MESSAGE_TYPE": kind,
        "BOT_ID": bot.id,
        "USER_ID": user_id,
        "TO_USER_ID": bot.id,
        "FROM_USER_ID": user_id,
        "DIALOG_ID": dialog_id(chat, bot),
        "LANGUAGE": language,
    }


def _user(user: Employee) -> dict[str, Any]:
    return {
        "ID": user.id,
        "NAME": user.full_name,
        "FIRST_NAME": user.name,
        "LAST_NAME": user.last_name,
        "WORK_POSITION": user.position,
        "GENDER": user.gender,
        "IS_BOT": "N",
        "IS_CONNECTOR": "Y" if user.connector else "N",
        "IS_NETWORK": "N",
        "IS_EXTRANET": "Y" if user.extranet else "N",
    }
