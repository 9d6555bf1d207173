"""Reads a decoded body (form or JSON) as a WireEvent, of either generation (contract 5.4, 5.5)."""

from typing import Any

from bitrix.events import (
    Actor,
    Application,
    Chat,
    Command,
    EventKind,
    Fetched,
    Message,
    WireEvent,
    as_flag,
    as_id,
    as_ids,
    as_map,
    as_text,
)

_V2 = {
    "ONIMBOTV2MESSAGEADD": EventKind.MESSAGE_ADD,
    "ONIMBOTV2MESSAGEUPDATE": EventKind.MESSAGE_UPDATE,
    "ONIMBOTV2MESSAGEDELETE": EventKind.MESSAGE_DELETE,
    "ONIMBOTV2JOINCHAT": EventKind.JOIN_CHAT,
    "ONIMBOTV2COMMANDADD": EventKind.COMMAND_ADD,
    "ONIMBOTV2CONTEXTGET": EventKind.CONTEXT_GET,
    "ONIMBOTV2REACTIONCHANGE": EventKind.REACTION_CHANGE,
    "ONIMBOTV2DELETE": EventKind.BOT_DELETE,
}
_V1 = {
    "ONIMBOTMESSAGEADD": EventKind.MESSAGE_ADD,
    "ONIMBOTMESSAGEUPDATE": EventKind.MESSAGE_UPDATE,
    "ONIMBOTMESSAGEDELETE": EventKind.MESSAGE_DELETE,
    "ONIMBOTJOINCHAT": EventKind.JOIN_CHAT,
    "ONIMCOMMANDADD": EventKind.COMMAND_ADD,
    "ONIMBOTDELETE": EventKind.BOT_DELETE,
}


def read(fields: dict[str, Any]) -> WireEvent:
    """Return the event in a decoded body. Never raises: what is missing or strange is its default."""
    name = as_text(fields.get("event")).upper()
    auth = as_map(fields.get("auth"))
    envelope: dict[str, Any] = {
        "name": name[:64],
        "member_id": as_text(auth.get("member_id")).lower()[:64],
        "domain": as_text(auth.get("domain")).lower()[:255],
        "application_token": as_text(auth.get("application_token")),
        "access_token": as_text(auth.get("access_token")),
        "sent_at": as_text(fields.get("ts"))[:20],
    }
    data = as_map(fields.get("data"))
    if name.startswith("ONAPP"):
        return WireEvent(kind=EventKind.APP, application=_application(data, auth), **envelope)
    return _read(name, envelope, data)


def read_fetched(result: object, member_id: str) -> Fetched:
    """Return the events in a `result` of imbot.v2.Event.get, asked of the portal `member_id`. Never raises."""
    page = as_map(result)
    items = page.get("events")
    return Fetched(
        events=tuple(_read_fetched(as_map(item), member_id) for item in items) if isinstance(items, list) else (),
        next_offset=as_id(page.get("nextOffset")),
        has_more=as_flag(page.get("hasMore")),
    )


def _read_fetched(item: dict[str, Any], member_id: str) -> WireEvent:
    name = as_text(item.get("type")).upper()
    envelope: dict[str, Any] = {
        "name": name[:64],
        "member_id": member_id,
        "domain": "",
        "application_token": "",
        "access_token": "",
        "sent_at": as_text(item.get("date"))[:32],
        "event_id": as_id(item.get("eventId")),
    }
    return _read(name, envelope, as_map(item.get("data")))


def _read(name: str, envelope: dict[str, Any], data: dict[str, Any]) -> WireEvent:
    if name in _V2:
        return _read_v2(envelope, _V2[name], data)
    if name in _V1:
        return _read_v1(envelope, _V1[name], data)
    return WireEvent(kind=EventKind.OTHER, **envelope)


def _application(data: dict[str, Any], auth: dict[str, Any]) -> Application:
    return Application(
        clean=as_flag(data.get("CLEAN")),
        refresh_token=as_text(auth.get("refresh_token")),
        expires_in=min(as_id(auth.get("expires_in")), 86_400),
        server_endpoint=as_text(auth.get("server_endpoint"))[:255],
        probe=as_text(as_map(data.get("QUERY")).get("probe"))[:64],
    )


def _read_v2(envelope: dict[str, Any], kind: EventKind, data: dict[str, Any]) -> WireEvent:
    message = as_map(data.get("message"))
    command = as_map(data.get("command"))
    return WireEvent(
        kind=kind,
        bot_id=as_id(as_map(data.get("bot")).get("id")),
        chat=_chat_v2(data, message),
        actor=_actor_v2(as_map(data.get("user")), message),
        message=Message(
            id=as_id(message.get("id")) or as_id(data.get("messageId")),
            author_id=as_id(message.get("authorId")),
            text=as_text(message.get("text")),
            is_system=as_flag(message.get("isSystem")),
            file_ids=_files_v2(as_map(message.get("params"))),
        ),
        command=Command(
            id=as_id(command.get("id")),
            name=as_text(command.get("command")).lstrip("/").lower()[:64],
            params=as_text(command.get("params")),
            from_keyboard=as_text(command.get("context")) == "keyboard",
        ),
        reaction=":".join(filter(None, (as_text(data.get("reaction"))[:64], as_text(data.get("action"))[:16]))),
        context=as_map(data["context"]) if "context" in data else None,
        **envelope,
    )


def _chat_v2(data: dict[str, Any], message: dict[str, Any]) -> Chat:
    chat = as_map(data.get("chat"))
    dialog_id = as_text(chat.get("dialogId")) or as_text(data.get("dialogId"))
    if not dialog_id:
        # Contract 4.4: without `chat` a private dialog is named by its person; a button stands under our own.
        author_id = as_text(message.get("authorId"))
        is_own = author_id == as_text(as_map(data.get("bot")).get("id"))
        dialog_id = as_text(as_map(data.get("user")).get("id")) if is_own else author_id
    return Chat(
        dialog_id=dialog_id[:64],
        is_private=not dialog_id.startswith("chat"),
        is_extranet=as_flag(chat.get("extranet")) or as_flag(chat.get("containsCollaber")),
        is_open_line=as_text(chat.get("entityType")) == "LINES" or as_text(chat.get("messageType")) == "L",
    )


def _actor_v2(user: dict[str, Any], message: dict[str, Any]) -> Actor:
    return Actor(
        id=as_id(user.get("id")) or as_id(message.get("authorId")),
        is_bot=as_flag(user.get("bot")) or as_text(user.get("type")) == "bot",
        is_extranet=as_flag(user.get("extranet")),
        is_connector=as_flag(user.get("connector")),
        is_active=as_flag(user.get("active")) if "active" in user else True,
        type=as_text(user.get("type"))[:32],
        departments=as_ids(user.get("departments")),
    )


def _files_v2(params: dict[str, Any]) -> tuple[int, ...]:
    return as_ids(params.get("FILE_ID")) or as_ids(params.get("fileId"))


def _read_v1(envelope: dict[str, Any], kind: EventKind, data: dict[str, Any]) -> WireEvent:
    params = as_map(data.get("PARAMS"))
    bot = _first(data.get("BOT"))
    command = _first(data.get("COMMAND"))
    user = as_map(data.get("USER"))
    author = as_id(params.get("AUTHOR_ID")) or as_id(params.get("FROM_USER_ID")) or as_id(user.get("ID"))
    return WireEvent(
        kind=kind,
        bot_id=as_id(bot.get("BOT_ID")) or as_id(command.get("BOT_ID")) or as_id(data.get("BOT_ID")),
        chat=_chat_v1(params),
        actor=Actor(
            id=as_id(user.get("ID")) or as_id(params.get("USER_ID")) or author,
            is_bot=as_flag(user.get("IS_BOT")),
            is_extranet=as_flag(user.get("IS_EXTRANET")),
            is_connector=as_flag(user.get("IS_CONNECTOR")) or as_flag(user.get("IS_NETWORK")),
        ),
        message=Message(
            id=as_id(params.get("MESSAGE_ID")) or as_id(params.get("ID")),
            author_id=author,
            text=as_text(params.get("MESSAGE_ORIGINAL")) or as_text(params.get("MESSAGE")),
            is_system=as_flag(params.get("SYSTEM")),
            file_ids=as_ids(as_map(params.get("PARAMS")).get("FILE_ID")),
        ),
        command=Command(
            id=as_id(command.get("COMMAND_ID")),
            name=as_text(command.get("COMMAND")).lstrip("/").lower()[:64],
            params=as_text(command.get("COMMAND_PARAMS")),
            from_keyboard=as_text(command.get("COMMAND_CONTEXT")).upper() == "KEYBOARD",
        ),
        **envelope,
    )


def _chat_v1(params: dict[str, Any]) -> Chat:
    dialog_id = as_text(params.get("DIALOG_ID")) or as_text(params.get("FROM_USER_ID"))
    return Chat(
        dialog_id=dialog_id[:64],
        is_private=not dialog_id.startswith("chat"),
        is_extranet=as_flag(params.get("CHAT_EXTRANET")),
        is_open_line=as_text(params.get("MESSAGE_TYPE")) == "L"
        or as_text(params.get("CHAT_ENTITY_TYPE")) == "LINES",
    )


def _first(value: object) -> dict[str, Any]:
    """Return the entry of a map keyed by id (BOT, COMMAND): we run one bot per portal (trap 31)."""
    for entry in as_map(value).values():
        return as_map(entry)
    return {}
