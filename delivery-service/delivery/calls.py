"""What is asked of a portal, in the words of its bot's generation (contract 4.3, 4.7, 4.10)."""

from typing import Any

from bitrix.client import Call
from bitrix.errors import BitrixError
from bitrix.events import as_id, as_map
from delivery.domain import Bot, Button, Claimed

TYPING_S = 10
"""The message ends the sign; where none comes it must not stand for long (contract 4.7: 1 to 600)."""
MAY_GO = {"REPLY_ERROR": "reply", "KEYBOARD_ERROR": "buttons"}
"""What a message can do without, by the refusal of it: the question quoted may be gone."""


def send(item: Claimed, bot: Bot, without: set[str]) -> Call:
    """Return the call that shows a message, without what the portal refused of it before."""
    buttons = [] if "buttons" in without else list(map(_button, item.buttons))
    keyboard: dict[str, Any] = {"BOT_ID": bot.id, "BUTTONS": buttons}
    if bot.is_classic:
        classic = {"BOT_ID": bot.id, "DIALOG_ID": item.provider_dialog_id, "MESSAGE": item.body}
        if buttons:
            classic["KEYBOARD"] = keyboard
        return Call("imbot.message.add", classic)
    fields: dict[str, Any] = {"message": item.body, "templateId": item.uuid}
    if item.reply_to_provider_id and "reply" not in without:
        fields["replyId"] = item.reply_to_provider_id
    if buttons:
        fields["keyboard"] = keyboard
    params = {"botId": bot.id, "dialogId": item.provider_dialog_id, "fields": fields}
    return Call("imbot.v2.Chat.Message.send", params, is_idempotent=True)


def sent_id(call: Call, result: Any) -> int:
    """Return the id of the message that a call of `send` has shown. Raises BitrixError where there is none."""
    message_id = as_id(result) or as_id(as_map(result).get("id"))
    if not message_id:
        raise BitrixError.unexpected(call.method)
    return message_id


def show_typing(dialog_id: str, bot: Bot) -> Call:
    """Return the call that shows the typing sign."""
    if bot.is_classic:
        return Call("imbot.chat.sendTyping", {"BOT_ID": bot.id, "DIALOG_ID": dialog_id})
    params = {
        "botId": bot.id,
        "dialogId": dialog_id,
        "statusMessageCode": "IMBOT_AGENT_ACTION_SEARCHING",
        "duration": TYPING_S,
    }
    return Call("imbot.v2.Chat.InputAction.notify", params)


def _button(button: Button) -> dict[str, str]:
    if button.say:
        return {"TEXT": button.text, "ACTION": "SEND", "ACTION_VALUE": button.say, "DISPLAY": "LINE"}
    params = {"COMMAND_PARAMS": button.params} if button.params else {}
    return {"TEXT": button.text, "COMMAND": button.command, **params, "DISPLAY": "LINE"}
