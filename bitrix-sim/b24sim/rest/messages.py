"""imbot.v2.Chat.Message.* and the typing sign (contract 4.3, 4.6, 4.7)."""

import json
from typing import Any

from b24sim.dedup import InFlightError, is_uuid_v4
from b24sim.messenger import bot_says, find_chat
from b24sim.model import Bot, Chat, Message
from b24sim.rest.bots import own_bot
from b24sim.rest.call import Call, Handler, RestError
from b24sim.rest.params import as_bool, as_int, as_items, as_map, as_text

TEXT_LIMIT = 20_000
ATTACH_LIMIT = 60_000
DEFAULT_TYPING_SECONDS = 60
TYPING_SECONDS = range(1, 601)


def send(call: Call) -> dict[str, Any]:
    """Send as the bot. With a v4 `templateId` the same id comes back for a repeat (contract 4.6).

    ACCESS_DENIED, EMPTY_MESSAGE, ATTACH_ERROR, KEYBOARD_ERROR and REPLY_ERROR come before the uuid is
    inserted; SENDING_FAILED means that the uuid is in flight or was burnt within the last hour.
    """
    bot = own_bot(call)
    fields = as_map(call.params.get("fields"))
    chat = accessible_chat(call, bot)
    content = read_content(fields)
    if not content["text"] and not content["attach"]:
        raise RestError("EMPTY_MESSAGE", "Message can't be empty")
    reply_id = as_int(fields.get("replyId"))
    if reply_id and _replied_chat_id(call, reply_id) != chat.id:
        raise RestError("REPLY_ERROR", "Message to reply to is not in this chat")
    template = as_text(fields.get("templateId"))
    system = as_bool(fields.get("system"))
    return {
        "id": _send_once(call, bot, chat, template, {**content, "reply_id": reply_id, "system": system}),
        "uuidMap": [],
    }


def update(call: Call) -> dict[str, Any]:
    """Edit an own message; a keyboard "N" or empty removes the buttons."""
    message = _own_message(call)
    if message.system:
        raise RestError("ACCESS_DENIED", "System messages cannot be edited", 403)
    fields = as_map(call.params.get("fields"))
    content = read_content(fields)
    if "message" in fields:
        if not content["text"] and not content["attach"]:
            raise RestError("EMPTY_MESSAGE", "Message can't be empty")
        message.text = content["text"]
        message.edited = True
    if "keyboard" in fields:
        message.keyboard = content["keyboard"]
    if "attach" in fields:
        message.attach = content["attach"]
    call.cloud.changed.set()
    return {"result": True}


def delete(call: Call) -> dict[str, Any]:
    """Delete an own message."""
    message = _own_message(call)
    message.deleted = True
    call.portal.counts["bot_messages"] -= 1
    if message.uuid:
        call.portal.live.templates[message.uuid] -= 1
    call.cloud.changed.set()
    return {"result": True}


def read(call: Call) -> dict[str, Any]:
    """Mark messages of the dialog as read, up to `messageId` or all."""
    bot = own_bot(call)
    chat = accessible_chat(call, bot)
    last = as_int(call.params.get("messageId"), chat.message_ids[-1] if chat.message_ids else 0)
    viewed = []
    for message_id in reversed(chat.message_ids):
        message = call.portal.messages[message_id]
        if message.read:
            break
        if message_id <= last and message.author_id != bot.id:
            message.read = True
            viewed.append(message_id)
    return {"chatId": chat.id, "lastId": last, "counter": 0, "viewedMessages": viewed[::-1]}


def notify(call: Call) -> dict[str, Any]:
    """Show the typing sign for `duration` seconds, 1 to 600."""
    chat = accessible_chat(call, own_bot(call))
    duration = as_int(call.params.get("duration"), DEFAULT_TYPING_SECONDS)
    if duration not in TYPING_SECONDS:
        raise RestError("INVALID_ARG_VALUE", "Duration must be from 1 to 600")
    call.portal.live.typing[chat.id] = (call.now + duration, as_text(call.params.get("statusMessageCode")))
    return {"result": True}


def accessible_chat(call: Call, bot: Bot, key: str = "dialogId") -> Chat:
    """The chat of `dialogId`; ACCESS_DENIED where the bot may not write."""
    chat = find_chat(call.portal, bot, as_text(call.params.get(key)))
    if chat is None:
        raise RestError("ACCESS_DENIED", "Access denied", 403)
    return chat


def read_content(fields: dict[str, Any]) -> dict[str, Any]:
    """Text (cut at 20 000), keyboard buttons and attach; ATTACH_ERROR, KEYBOARD_ERROR."""
    text = as_text(fields.get("message")).strip()
    if len(text) > TEXT_LIMIT:
        text = text[:TEXT_LIMIT] + " (...)"
    attach = fields.get("attach") or None
    if attach is not None and len(json.dumps(attach, ensure_ascii=False)) > ATTACH_LIMIT:
        raise RestError("ATTACH_ERROR", "Attach is too large")
    return {"text": text, "keyboard": buttons_of(fields.get("keyboard")), "attach": attach}


def buttons_of(keyboard: Any) -> list[dict[str, Any]]:
    """The buttons of a list or of `{"BOT_ID", "BUTTONS"}`; none for "N" and empty values."""
    if isinstance(keyboard, dict) and "BUTTONS" in keyboard:
        keyboard = keyboard["BUTTONS"]
    if keyboard in (None, "", "N", "n"):
        return []
    if not isinstance(keyboard, dict | list):
        raise RestError("KEYBOARD_ERROR", "Incorrect keyboard params")
    buttons = as_items(keyboard)
    if any(not isinstance(button, dict) or not ("TEXT" in button or "TYPE" in button) for button in buttons):
        raise RestError("KEYBOARD_ERROR", "Incorrect keyboard params")
    return buttons


def _send_once(call: Call, bot: Bot, chat: Chat, template: str, content: dict[str, Any]) -> int:
    table = call.portal.uuids
    dedup = is_uuid_v4(template)
    if dedup:
        try:
            sent_before = table.claim(template, call.now, call.portal.key_trap_s)
        except InFlightError:
            raise RestError("SENDING_FAILED", "Message sending failed") from None
        if sent_before is not None:
            call.portal.counts["repeats"] += 1
            return sent_before
    if call.fails_inside:
        raise RestError("SENDING_FAILED", "Message sending failed")
    message = bot_says(call.cloud, call.portal, bot, chat, uuid=template, **content)
    if dedup:
        table.attach(template, message.id)
    return message.id


def _replied_chat_id(call: Call, message_id: int) -> int:
    message = call.portal.messages.get(message_id)
    return message.chat_id if message else 0


def _own_message(call: Call) -> Message:
    bot = own_bot(call)
    message = call.portal.messages.get(as_int(call.params.get("messageId")))
    if message is None or message.deleted:
        raise RestError("MESSAGE_NOT_FOUND", "Message not found")
    if message.author_id != bot.id:
        raise RestError("ACCESS_DENIED", "Access denied", 403)
    return message


METHODS: dict[str, Handler] = {
    "imbot.v2.Chat.Message.send": send,
    "imbot.v2.Chat.Message.update": update,
    "imbot.v2.Chat.Message.delete": delete,
    "imbot.v2.Chat.Message.read": read,
    "imbot.v2.Chat.InputAction.notify": notify,
}
