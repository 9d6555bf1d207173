"""A chat, a person and a message inside a v2 event, key by key in the order of the wire (contract 5.4)."""

from typing import Any

from b24sim.clock import iso
from b24sim.model import Bot, Chat, Employee, Message

MESSAGE_TYPES = {"private": "P", "chat": "C", "lines": "L"}


def dialog_id(chat: Chat, bot: Bot) -> str:
    """The dialog as the bot sees it: the other person, or `chat{id}` (contract 4.4)."""
    if chat.kind == "private":
        return str(next(member for member in chat.members if member != bot.id))
    return f"chat{chat.id}"


def chat_view(chat: Chat, bot: Bot) -> dict[str, Any]:
    """The `chat` map; empty maps and nulls are left to the encoder."""
    lines = chat.kind == "lines"
    return {
        "id": chat.id,
        "dialogId": dialog_id(chat, bot),
        "name": chat.name,
        "type": chat.kind,
        "messageType": MESSAGE_TYPES[chat.kind],
        "owner": chat.owner,
        "color": "#ab7761",
        "avatar": "",
        "description": "",
        "extranet": chat.extranet,
        "containsCollaber": False,
        "entityType": "LINES" if lines else "",
        "entityId": f"livechat|3|{chat.id}|{chat.owner}" if lines else "",
        "entityData1": "",
        "entityData2": "",
        "entityData3": "",
        "diskFolderId": None,
        "permissions": {},
        "parentChatId": 0,
        "parentMessageId": 0,
        "isNew": False,
        "textFieldEnabled": "Y",
        "backgroundId": None,
    }


def user_view(user: Employee) -> dict[str, Any]:
    """The `user` map; online fields are always false in events."""
    return {
        "id": user.id,
        "active": user.active,
        "name": user.full_name,
        "firstName": user.name,
        "lastName": user.last_name,
        "workPosition": user.position,
        "color": "#df532d",
        "avatar": "",
        "gender": user.gender,
        "birthday": "",
        "extranet": user.extranet,
        "bot": False,
        "connector": user.connector,
        "externalAuthId": "imconnector" if user.connector else "default",
        "status": "online",
        "idle": False,
        "lastActivityDate": False,
        "mobileLastDate": False,
        "desktopLastDate": False,
        "absent": False,
        "departments": user.departments,
        "phones": False,
        "type": user.kind,
        "website": "",
        "email": user.email,
    }


def bot_user_view(bot: Bot) -> dict[str, Any]:
    """A bot as an item of `users` in answers of imbot.v2.Bot.*."""
    return {
        "id": bot.id,
        "active": True,
        "name": bot.name,
        "firstName": bot.name,
        "lastName": "",
        "workPosition": str(bot.properties.get("workPosition", "")),
        "color": str(bot.properties.get("color", "#df532d")),
        "avatar": "",
        "gender": "M",
        "birthday": "",
        "extranet": False,
        "bot": True,
        "connector": False,
        "externalAuthId": "bot",
        "status": "online",
        "departments": [1],
        "type": "bot",
    }


def bot_view(bot: Bot, language: str, counts: dict[str, int]) -> dict[str, Any]:
    """The full bot object of imbot.v2.Bot.* and of fetch mode (contract 4.2)."""
    return {
        "id": bot.id,
        "code": bot.code,
        "type": bot.type,
        "isHidden": bot.is_hidden,
        "isSupportOpenline": bot.is_support_openline,
        "isReactionsEnabled": bot.is_reactions_enabled,
        "backgroundId": bot.background_id,
        "language": language,
        "moduleId": "rest",
        "eventMode": bot.event_mode,
        "countMessage": counts.get("message", 0),
        "countCommand": counts.get("command", 0),
        "countChat": counts.get("chat", 0),
        "countUser": counts.get("user", 0),
    }


def message_view(message: Message) -> dict[str, Any]:
    """The `message` map; `params` is empty unless the message has files or was edited."""
    params: dict[str, Any] = {}
    if message.files:
        params["FILE_ID"] = message.files
    if message.edited:
        params["IS_EDITED"] = "Y"
    return {
        "id": message.id,
        "chatId": message.chat_id,
        "authorId": message.author_id,
        "date": iso(message.at),
        "text": message.text,
        "isSystem": message.system,
        "uuid": message.uuid,
        "forward": None,
        "params": params,
        "viewedByOthers": False,
    }
