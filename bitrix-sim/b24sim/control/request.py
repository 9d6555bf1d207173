"""What every control route needs: the body as a model, the portal of the path, JSON out, errors as JSON."""

from typing import Any, TypeVar

import orjson
from pydantic import BaseModel, ConfigDict, ValidationError
from starlette.requests import Request
from starlette.responses import Response

from b24sim.cloud import Cloud
from b24sim.model import Bot, Chat, Employee, Message
from b24sim.portal import Portal

Model = TypeVar("Model", bound=BaseModel)


class ControlError(Exception):
    """The control request cannot be done; the sentence is for a person."""

    def __init__(self, message: str, status: int = 400, **details: Any) -> None:
        super().__init__(message)
        self.message, self.status, self.details = message, status, details


class Body(BaseModel):
    """A request body: an unknown field is an error, for it is a typing mistake."""

    model_config = ConfigDict(extra="forbid")


async def read(request: Request, model: type[Model]) -> Model:
    """The JSON body as `model`; ControlError 422 names every wrong field."""
    try:
        return model.model_validate_json(await request.body() or b"{}")
    except ValidationError as error:
        wrong = "; ".join(
            f"{'.'.join(str(part) for part in item['loc'])}: {item['msg']}" for item in error.errors()
        )
        raise ControlError(wrong, 422) from error


def json(body: Any, status: int = 200) -> Response:
    """A JSON answer."""
    return Response(orjson.dumps(body, option=orjson.OPT_NON_STR_KEYS), status, media_type="application/json")


async def refused(_request: Request, error: Exception) -> Response:
    """A ControlError as `{"error": {"message", ...}}`."""
    if not isinstance(error, ControlError):
        raise error
    return json({"error": {"message": error.message, **error.details}}, error.status)


def cloud_of(request: Request) -> Cloud:
    """The cloud this application serves."""
    cloud: Cloud = request.app.state.cloud
    return cloud


def portal_of(request: Request) -> Portal:
    """The portal of `{member_id}`, by member_id or by domain."""
    cloud, key = cloud_of(request), request.path_params["member_id"]
    portal = cloud.portals.get(key) or cloud.domains.get(key)
    if portal is None:
        raise ControlError(f"No portal {key}", 404)
    return portal


def user_of(portal: Portal, user_id: int) -> Employee:
    """An existing employee."""
    user = portal.users.get(user_id)
    if user is None:
        raise ControlError(f"No employee {user_id} on {portal.domain}", 404)
    return user


def message_of(portal: Portal, message_id: int) -> Message:
    """A visible message."""
    message = portal.messages.get(message_id)
    if message is None or message.deleted:
        raise ControlError(f"No message {message_id} on {portal.domain}", 404)
    return message


def first_bot(portal: Portal) -> Bot:
    """The bot of the portal; our application has one (contract 4.2)."""
    if not portal.bots:
        raise ControlError(f"No bot on {portal.domain}: install the application first", 409)
    return next(iter(portal.bots.values()))


def chat_of(portal: Portal, dialog_id: str) -> Chat | None:
    """The chat of `chat{id}`, or the private one of a person's id; None before the first word."""
    if dialog_id.startswith("chat") and dialog_id[4:].isdecimal():
        return portal.chats.get(int(dialog_id[4:]))
    if not dialog_id.isdecimal():
        raise ControlError(f"{dialog_id} is not a dialog: write 27 or chat963", 422)
    bot = next(iter(portal.bots), 0)
    return portal.chats.get(portal.private_chats.get((bot, int(dialog_id)), 0))
