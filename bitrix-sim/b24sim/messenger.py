"""The messenger: dialogs, messages, and the events that what people do in it gives rise to."""

import uuid
from dataclasses import replace
from typing import Any

from b24sim.cloud import Cloud
from b24sim.events.happening import Happening
from b24sim.events.publish import PLAIN, Delivery, Outcome, publish
from b24sim.model import Bot, Chat, Command, Employee, Message
from b24sim.portal import Portal


def private_chat(portal: Portal, bot: Bot, user_id: int) -> Chat:
    """The dialog of a person with a bot, made on first use (contract 4.4)."""
    chat_id = portal.private_chats.get((bot.id, user_id))
    if chat_id is not None:
        return portal.chats[chat_id]
    chat = Chat(portal.next_id("chat"), "private", [user_id, bot.id], owner=user_id)
    portal.chats[chat.id] = chat
    portal.private_chats[bot.id, user_id] = chat.id
    return chat


def find_chat(portal: Portal, bot: Bot, dialog_id: str) -> Chat | None:
    """The chat the bot may write to: `chat{id}` it is a member of, or the dialog with an existing person."""
    if dialog_id.startswith("chat"):
        chat = portal.chats.get(int(dialog_id[4:])) if dialog_id[4:].isdecimal() else None
        return chat if chat and bot.id in chat.members else None
    if dialog_id.isdecimal() and int(dialog_id) in portal.users:
        return private_chat(portal, bot, int(dialog_id))
    return None


def add_message(cloud: Cloud, portal: Portal, chat: Chat, author_id: int, text: str, **details: Any) -> Message:
    """Put a message into the chat; `details` are further fields of Message."""
    message = Message(portal.next_id("message"), chat.id, author_id, cloud.clock(), text, **details)
    portal.messages[message.id] = message
    chat.message_ids.append(message.id)
    cloud.changed.set()
    return message


def bot_says(cloud: Cloud, portal: Portal, bot: Bot, chat: Chat, text: str, **details: Any) -> Message:
    """A message of a bot: no event follows (loop guard, contract 5.4), the typing sign ends."""
    message = add_message(cloud, portal, chat, bot.id, text, **details)
    portal.live.typing.pop(chat.id, None)
    portal.counts["bot_messages"] += 1
    if message.uuid:
        portal.live.templates[message.uuid] += 1
        portal.counts["duplicates"] += portal.live.templates[message.uuid] > 1
    return message


def person_opens(cloud: Cloud, portal: Portal, bot: Bot, user: Employee) -> Chat:
    """A person opens the dialog with the bot; the first time the bot hears JOINCHAT (contract 4.5)."""
    chat = private_chat(portal, bot, user.id)
    if not chat.opened:
        chat.opened = True
        publish(cloud, portal, bot, Happening("join", user=user, chat=chat))
        cloud.changed.set()
    return chat


def person_says(
    cloud: Cloud,
    portal: Portal,
    user: Employee,
    chat: Chat,
    text: str,
    files: list[int] | None = None,
    delivery: Delivery = PLAIN,
) -> tuple[Message, list[Outcome]]:
    """A person writes: the message, and what became of the event for each bot that hears it."""
    for bot in bots_in(portal, chat):
        if chat.kind == "private":
            person_opens(cloud, portal, bot, user)
    message = add_message(cloud, portal, chat, user.id, text, uuid=str(uuid.uuid4()), files=files or [])
    outcomes: list[Outcome] = []
    for bot in bots_in(portal, chat):
        happening = Happening("add", user=user, chat=chat, message=message)
        command = _command_in(portal, bot, text)
        if command and portal.command_events != "message":
            named = replace(happening, kind="command", command=command, command_params=_params_of(text))
            outcomes.append(publish(cloud, portal, bot, named, delivery))
        if hears(bot, chat, text) and not (command and portal.command_events == "command"):
            outcomes.append(publish(cloud, portal, bot, happening, delivery))
    return message, outcomes


def message_event(cloud: Cloud, portal: Portal, message: Message, happening: Happening) -> list[Outcome]:
    """Tell the bots of the chat of an edit, a deletion or a reaction."""
    chat = portal.chats[message.chat_id]
    whole = replace(happening, chat=chat, message=message, user=portal.users.get(message.author_id))
    return [
        publish(cloud, portal, bot, whole)
        for bot in bots_in(portal, chat)
        if bot.id != message.author_id and hears(bot, chat, message.text)
    ]


def bots_in(portal: Portal, chat: Chat) -> list[Bot]:
    """The bots that are members of the chat."""
    return [portal.bots[member] for member in chat.members if member in portal.bots]


def hears(bot: Bot, chat: Chat, text: str) -> bool:
    """In a group a bot of type `bot` hears only what mentions it (contract 4.2)."""
    return chat.kind != "chat" or bot.type in {"personal", "supervisor"} or f"[USER={bot.id}]" in text.upper()


def _command_in(portal: Portal, bot: Bot, text: str) -> Command | None:
    words = text[1:].split(maxsplit=1)
    if not text.startswith("/") or not words:
        return None
    for command in portal.commands.values():
        if command.bot_id == bot.id and command.name.lower() == words[0].lower():
            return command
    return None


def _params_of(text: str) -> str:
    _, _, params = text.partition(" ")
    return params.strip()
