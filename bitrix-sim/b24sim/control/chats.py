"""Group chats, pressed buttons, reactions."""

from typing import Literal

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from b24sim.control.messages import event_status
from b24sim.control.request import Body, ControlError, cloud_of, json, message_of, portal_of, read, user_of
from b24sim.events.happening import Happening
from b24sim.events.publish import Outcome, publish
from b24sim.messenger import bots_in, person_says
from b24sim.model import Chat, Message
from b24sim.portal import Portal


class NewChat(Body):
    """`POST .../chats`: members are ids of people and bots."""

    name: str
    members: list[int]
    owner: int | None = None
    chat_id: int | None = None
    extranet: bool = False
    kind: Literal["chat", "lines"] = "chat"


class Press(Body):
    """`POST .../buttons`: `index` counts the buttons of the message from 0."""

    message_id: int
    index: int
    user_id: int


class Reaction(Body):
    """`POST .../reactions`."""

    message_id: int
    user_id: int
    reaction: str = "like"
    action: Literal["add", "delete"] = "add"


async def create(request: Request) -> Response:
    """A group; its bots hear JOINCHAT from the owner."""
    cloud, portal = cloud_of(request), portal_of(request)
    asked = await read(request, NewChat)
    owner = user_of(portal, asked.owner or next(member for member in asked.members if member in portal.users))
    unknown = [member for member in asked.members if member not in portal.users and member not in portal.bots]
    if unknown:
        raise ControlError(f"No such people or bots on {portal.domain}: {unknown}", 404)
    chat_id = asked.chat_id or portal.next_id("chat")
    if chat_id in portal.chats:
        raise ControlError(f"chat{chat_id} exists already", 409)
    chat = Chat(chat_id, asked.kind, asked.members, asked.name, owner.id, asked.extranet)
    portal.chats[chat.id] = chat
    portal.counters["chat"] = max(portal.counters["chat"], chat_id + 1)
    cloud.changed.set()
    for bot in bots_in(portal, chat):
        publish(cloud, portal, bot, Happening("join", user=owner, chat=chat))
    return json({"chat_id": chat.id, "dialog_id": f"chat{chat.id}"}, 201)


async def press(request: Request) -> Response:
    """Press a button: COMMAND fires COMMANDADD, ACTION SEND writes, anything else only says what it is."""
    cloud, portal = cloud_of(request), portal_of(request)
    asked = await read(request, Press)
    user, message = user_of(portal, asked.user_id), message_of(portal, asked.message_id)
    buttons = [button for button in message.keyboard if button.get("TYPE") != "NEWLINE"]
    if not 0 <= asked.index < len(buttons):
        raise ControlError(f"Message {message.id} has {len(buttons)} buttons", 404)
    button, chat = buttons[asked.index], portal.chats[message.chat_id]
    if button.get("COMMAND"):
        outcome = _command(request, portal, message, button, user.id)
        return json({"pressed": "command", "event_status": await event_status(outcome, wait=False)})
    if button.get("ACTION") == "SEND":
        _, outcomes = person_says(cloud, portal, user, chat, str(button.get("ACTION_VALUE", "")))
        return json({"pressed": "send", "event_status": await event_status(outcomes, wait=False)})
    return json(
        {
            "pressed": str(button.get("ACTION", "link")).lower(),
            "value": button.get("LINK") or button.get("ACTION_VALUE"),
        }
    )


async def react(request: Request) -> Response:
    """Put or take away a reaction: REACTIONCHANGE for a message of a bot that supports them."""
    cloud, portal = cloud_of(request), portal_of(request)
    asked = await read(request, Reaction)
    user, message = user_of(portal, asked.user_id), message_of(portal, asked.message_id)
    people = message.reactions.setdefault(asked.reaction, [])
    if (user.id in people) == (asked.action == "add"):
        raise ControlError("Nothing would change", 409)
    if asked.action == "add":
        people.append(user.id)
    else:
        people.remove(user.id)
    cloud.changed.set()
    chat, outcomes = portal.chats[message.chat_id], []
    for bot in bots_in(portal, chat):
        if bot.is_reactions_enabled:
            happening = Happening(
                "reaction",
                user=user,
                chat=chat,
                message=message,
                reaction=asked.reaction,
                reaction_action=asked.action,
            )
            outcomes.append(publish(cloud, portal, bot, happening))
    return json({"reactions": message.reactions, "event_status": await event_status(outcomes, wait=False)})


def _command(
    request: Request, portal: Portal, message: Message, button: dict[str, object], user_id: int
) -> list[Outcome]:
    name = str(button["COMMAND"]).lstrip("/").lower()
    command = next(
        (
            item
            for item in portal.commands.values()
            if item.bot_id == message.author_id and item.name.lower() == name
        ),
        None,
    )
    if command is None or message.author_id not in portal.bots:
        raise ControlError(f"Command {name} is not registered", 409)
    happening = Happening(
        "command",
        user=portal.users[user_id],
        chat=portal.chats[message.chat_id],
        message=message,
        command=command,
        command_params=str(button.get("COMMAND_PARAMS", "")),
        command_context="keyboard",
    )
    return [publish(cloud_of(request), portal, portal.bots[message.author_id], happening)]


ROUTES = [
    Route("/control/portals/{member_id}/chats", create, methods=["POST"]),
    Route("/control/portals/{member_id}/buttons", press, methods=["POST"]),
    Route("/control/portals/{member_id}/reactions", react, methods=["POST"]),
]
