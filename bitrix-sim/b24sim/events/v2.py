"""ONIMBOTV2* payloads (contract 5.4), typed as fetch mode gives them; the webhook writes them as a form."""

from typing import Any, Final

from b24sim.events.happening import Happening, Kind
from b24sim.events.views import chat_view, dialog_id, message_view, user_view
from b24sim.model import Bot

NAMES: Final[dict[Kind, str]] = {
    "add": "ONIMBOTV2MESSAGEADD",
    "update": "ONIMBOTV2MESSAGEUPDATE",
    "delete": "ONIMBOTV2MESSAGEDELETE",
    "join": "ONIMBOTV2JOINCHAT",
    "command": "ONIMBOTV2COMMANDADD",
    "reaction": "ONIMBOTV2REACTIONCHANGE",
    "bot_delete": "ONIMBOTV2DELETE",
}


def payload(happening: Happening, bot: Bot, language: str) -> dict[str, Any]:
    """`data` without its `bot` key."""
    if happening.kind == "bot_delete" or happening.chat is None:
        return {}
    return {
        **_subject(happening, bot),
        "chat": chat_view(happening.chat, bot),
        "user": user_view(happening.user) if happening.user else [],
        "language": language,
    }


def _subject(happening: Happening, bot: Bot) -> dict[str, Any]:
    message = message_view(happening.message) if happening.message else {}
    match happening.kind:
        case "delete":
            return {"messageId": message["id"]}
        case "join":
            return {"dialogId": dialog_id_of(happening, bot)}
        case "command":
            return {"command": _command(happening), "message": message}
        case "reaction":
            return {
                "reaction": happening.reaction,
                "action": happening.reaction_action,
                "message": message,
            }
        case _:
            return {"message": message}


def dialog_id_of(happening: Happening, bot: Bot) -> str:
    """The dialog of the happening as the bot sees it; "" where it has none."""
    return dialog_id(happening.chat, bot) if happening.chat else ""


def _command(happening: Happening) -> dict[str, Any]:
    command = happening.command
    return {
        "id": command.id if command else 0,
        "command": f"/{command.name}" if command else "",
        "params": happening.command_params,
        "context": happening.command_context,
    }
