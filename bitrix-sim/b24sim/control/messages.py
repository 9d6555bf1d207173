"""What people do in the messenger, and every visible message."""

import asyncio
from collections.abc import Iterator

from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from b24sim.control.request import (
    Body,
    ControlError,
    chat_of,
    cloud_of,
    first_bot,
    json,
    message_of,
    portal_of,
    read,
    user_of,
)
from b24sim.control.views import message_view
from b24sim.events.happening import Happening
from b24sim.events.publish import Delivery, Outcome
from b24sim.messenger import message_event, person_opens, person_says
from b24sim.model import Chat, Employee, Message
from b24sim.portal import Portal

PAGE = 500


class NewMessage(Body):
    """`POST .../messages`: a person writes; the last six say how the event travels."""

    user_id: int
    text: str = ""
    dialog_id: str | int | None = None
    files: list[int] = Field(default_factory=list)
    duplicate: bool = False
    drop: bool = False
    delay_ms: int = 0
    robot: bool = False
    reorder: bool = False
    wait: bool = False


class Edit(Body):
    """`PATCH .../messages/{id}`."""

    text: str


class Opened(Body):
    """`POST .../dialogs`."""

    user_id: int


async def write(request: Request) -> Response:
    """`{message_id, dialog..., event_status}`; waits for the delivery only when asked."""
    cloud, portal = cloud_of(request), portal_of(request)
    asked = await read(request, NewMessage)
    user = user_of(portal, asked.user_id)
    chat = _chat_for(request, portal, user, asked.dialog_id)
    if user.id not in chat.members:
        raise ControlError(f"{user.full_name} is not a member of chat{chat.id}", 403)
    delivery = Delivery(asked.duplicate, asked.drop, asked.delay_ms, asked.robot, asked.reorder)
    message, outcomes = person_says(cloud, portal, user, chat, asked.text, asked.files, delivery)
    status = await event_status(outcomes, wait=asked.wait)
    return json({"message_id": message.id, "chat_id": chat.id, "event_status": status}, 201)


async def edit(request: Request) -> Response:
    """A person edits an own message: MESSAGEUPDATE."""
    cloud, portal = cloud_of(request), portal_of(request)
    message = message_of(portal, request.path_params["message_id"])
    message.text = (await read(request, Edit)).text
    message.edited = True
    cloud.changed.set()
    outcomes = message_event(cloud, portal, message, Happening("update"))
    return json({"message_id": message.id, "event_status": await event_status(outcomes, wait=False)})


async def delete(request: Request) -> Response:
    """A person deletes an own message: MESSAGEDELETE."""
    cloud, portal = cloud_of(request), portal_of(request)
    message = message_of(portal, request.path_params["message_id"])
    message.deleted = True
    cloud.changed.set()
    outcomes = message_event(cloud, portal, message, Happening("delete"))
    return json({"message_id": message.id, "event_status": await event_status(outcomes, wait=False)})


async def list_messages(request: Request) -> Response:
    """Visible messages in order; `dialog_id`, `since_id` (exclusive) and `limit` narrow the list."""
    portal, query = portal_of(request), request.query_params
    since, limit = int(query.get("since_id", 0)), int(query.get("limit", PAGE))
    if "dialog_id" in query:
        chat = chat_of(portal, query["dialog_id"])
        newest_first = (portal.messages[number] for number in reversed(chat.message_ids)) if chat else iter(())
    else:
        newest_first = reversed(portal.messages.values())
    items = list(_after(newest_first, since))[::-1]
    return json({"items": [message_view(portal, message) for message in items[:limit]]})


async def open_dialog(request: Request) -> Response:
    """A person opens the dialog with the bot: JOINCHAT, the first time."""
    cloud, portal = cloud_of(request), portal_of(request)
    user = user_of(portal, (await read(request, Opened)).user_id)
    chat = person_opens(cloud, portal, first_bot(portal), user)
    return json({"chat_id": chat.id})


async def event_status(outcomes: list[Outcome], *, wait: bool) -> str | int:
    """The fate of the last event: a word, or the HTTP status of its delivery where it was waited for."""
    if not outcomes:
        return "not_heard"
    tasks = [task for outcome in outcomes for task in outcome.tasks]
    if wait and tasks:
        return (await asyncio.gather(*tasks))[-1]
    return outcomes[-1].status


def _chat_for(request: Request, portal: Portal, user: Employee, dialog_id: str | int | None) -> Chat:
    """Default, own id and the bot's id all mean the private chat with the bot."""
    if dialog_id is None or str(dialog_id) in {str(user.id), *map(str, portal.bots)}:
        return person_opens(cloud_of(request), portal, first_bot(portal), user)
    chat = chat_of(portal, str(dialog_id))
    if chat is None:
        raise ControlError(f"No dialog {dialog_id} on {portal.domain}", 404)
    return chat


def _after(newest_first: Iterator[Message], since: int) -> Iterator[Message]:
    for message in newest_first:
        if message.id <= since:
            return
        if not message.deleted:
            yield message


ROUTES = [
    Route("/control/portals/{member_id}/messages", write, methods=["POST"]),
    Route("/control/portals/{member_id}/messages", list_messages, methods=["GET"]),
    Route("/control/portals/{member_id}/messages/{message_id:int}", edit, methods=["PATCH"]),
    Route("/control/portals/{member_id}/messages/{message_id:int}", delete, methods=["DELETE"]),
    Route("/control/portals/{member_id}/dialogs", open_dialog, methods=["POST"]),
]
