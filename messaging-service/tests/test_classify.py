"""What an event is: every outcome and every reason, as a table (contract 1.5, 5.4, 7; traps 12 to 18)."""

import hashlib
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from bitrix import wire
from bitrix.events import WireEvent
from kit.ids import NIL
from messaging.classify import classify
from messaging.domain import KnownPortal, Outcome
from messaging.parse import Parsed

TOKEN = "0c9f0e6d5b7a41c28e3d94f1a2b3c4d5"
OLD_TOKEN = "11111111111111111111111111111111"
PORTAL = KnownPortal(
    UUID("5f2c1be0-7a9d-4e63-b8d0-a1c2e3f40516"),
    "active",
    812,
    tuple(hashlib.sha256(token.encode()).digest() for token in (TOKEN, OLD_TOKEN)),
)


def message(**changed: Any) -> WireEvent:
    """A v2 message of user 27; `changed` replaces whole blocks of data, or the event's name."""
    name = changed.pop("event", "ONIMBOTV2MESSAGEADD")
    token = changed.pop("token", TOKEN)
    data: dict[str, Any] = {
        "bot": {"id": "812"},
        "message": {"id": "70111", "authorId": "27", "text": "Где мой отпуск?", "isSystem": "0"},
        "chat": {"dialogId": "27", "type": "private"},
        "user": {"id": "27", "bot": "0", "extranet": "0", "active": "1", "type": "employee"},
    }
    for block, fields in changed.items():
        data[block] = {**data.get(block, {}), **fields}
    return wire.read({"event": name, "ts": "1790000143", "data": data, "auth": {"application_token": token}})


def parsed(event: WireEvent, error: str = "") -> Parsed:
    token = event.application_token
    return Parsed(event, error, hashlib.sha256(token.encode()).digest() if token else b"")


GROUP = {"dialogId": "chat963", "type": "chat"}
CASES: dict[str, tuple[WireEvent, Outcome, str]] = {
    "a question in private": (message(), Outcome.ACCEPTED, ""),
    "the token before the reinstall": (message(token=OLD_TOKEN), Outcome.ACCEPTED, ""),
    "a wrong token": (message(token="guessed"), Outcome.REFUSED, "wrong_token"),
    "no token": (message(token=""), Outcome.REFUSED, "wrong_token"),
    "the right token, only below": (
        message(token="", bot={"auth": {"application_token": TOKEN}}),
        Outcome.REFUSED,
        "wrong_token",
    ),
    "no message id": (message(message={"id": ""}), Outcome.UNPARSABLE, "no_message_id"),
    "no dialog": (message(chat={"dialogId": ""}, message={"authorId": ""}), Outcome.UNPARSABLE, "no_dialog_id"),
    "a system message": (message(message={"isSystem": "1"}), Outcome.IGNORED, "system_message"),
    "nobody's message": (message(message={"authorId": "0"}), Outcome.IGNORED, "system_message"),
    "another bot": (message(user={"bot": "1"}), Outcome.IGNORED, "bot_author"),
    "another bot by type": (message(user={"type": "bot"}), Outcome.IGNORED, "bot_author"),
    "our own message": (message(message={"authorId": "812"}, user={"id": "812"}), Outcome.IGNORED, "bot_author"),
    "an open line": (message(chat={"entityType": "LINES"}), Outcome.IGNORED, "open_line"),
    "a connector's guest": (message(user={"connector": "1"}), Outcome.IGNORED, "open_line"),
    "an extranet user": (message(user={"extranet": "1"}), Outcome.IGNORED, "extranet"),
    "a user by e-mail": (message(user={"type": "email"}), Outcome.IGNORED, "extranet"),
    "a collaber": (message(user={"type": "collaber"}), Outcome.IGNORED, "extranet"),
    "a chat with guests": (message(chat={**GROUP, "extranet": "1"}), Outcome.IGNORED, "extranet"),
    "a chat with collabers": (message(chat={**GROUP, "containsCollaber": "1"}), Outcome.IGNORED, "extranet"),
    "a dismissed author": (message(user={"active": "0"}), Outcome.IGNORED, "dismissed_author"),
    "a group without a mention": (message(chat=GROUP), Outcome.IGNORED, "not_mentioned"),
    "a group with another's mention": (
        message(chat=GROUP, message={"text": "[USER=31]Пётр[/USER], где отчёт?"}),
        Outcome.IGNORED,
        "not_mentioned",
    ),
    "a group with our mention": (
        message(chat=GROUP, message={"text": "[USER=812]Бот[/USER], где отчёт?"}),
        Outcome.ACCEPTED,
        "",
    ),
    "a typed command": (
        message(event="ONIMBOTV2COMMANDADD", command={"id": "78", "command": "/help", "context": "textarea"}),
        Outcome.ACCEPTED,
        "",
    ),
    "a button": (
        message(event="ONIMBOTV2COMMANDADD", command={"id": "78", "command": "/help", "context": "keyboard"}),
        Outcome.ACCEPTED,
        "",
    ),
    "a button of an extranet user": (
        message(
            event="ONIMBOTV2COMMANDADD",
            command={"id": "78", "command": "/help", "context": "keyboard"},
            user={"extranet": "1"},
        ),
        Outcome.IGNORED,
        "extranet",
    ),
    "a button that the bot never showed": (
        message(event="ONIMBOTV2COMMANDADD", command={"id": "79", "command": "/pay", "context": "keyboard"}),
        Outcome.IGNORED,
        "unknown_button",
    ),
    "a command without a message": (
        message(event="ONIMBOTV2COMMANDADD", command={"id": "78", "command": "/help"}, message={"id": ""}),
        Outcome.UNPARSABLE,
        "no_message_id",
    ),
    "the bot let in": (message(event="ONIMBOTV2JOINCHAT"), Outcome.ACCEPTED, ""),
    "an edit": (message(event="ONIMBOTV2MESSAGEUPDATE"), Outcome.ACCEPTED, ""),
    "a deletion": (message(event="ONIMBOTV2MESSAGEDELETE"), Outcome.IGNORED, "message_deleted"),
    "a context": (message(event="ONIMBOTV2CONTEXTGET"), Outcome.IGNORED, "context_opened"),
    "a reaction": (message(event="ONIMBOTV2REACTIONCHANGE"), Outcome.IGNORED, "reaction"),
    "the bot's end": (message(event="ONIMBOTV2DELETE"), Outcome.ACCEPTED, "bot_deleted"),
    "the life cycle": (message(event="ONAPPPAYMENT"), Outcome.ACCEPTED, "life_cycle"),
    "an event of tomorrow": (message(event="ONIMBOTV3WINK"), Outcome.IGNORED, "unknown_event"),
}


@pytest.mark.parametrize("case", CASES)
def test_an_event_is_what_the_contract_says(case: str) -> None:
    event, outcome, reason = CASES[case]

    verdict = classify(parsed(event), PORTAL)

    assert (verdict.outcome, verdict.reason) == (outcome, reason)
    assert verdict.portal_id == (NIL if outcome is Outcome.REFUSED else PORTAL.id)
    assert (verdict.message_state == "pending") == (outcome is not Outcome.IGNORED or verdict.message is None)


@pytest.mark.parametrize(
    ("state", "outcome", "reason"),
    [
        ("installing", Outcome.ACCEPTED, ""),
        ("payment_required", Outcome.ACCEPTED, ""),
        ("unreachable", Outcome.ACCEPTED, ""),
        ("suspended", Outcome.IGNORED, "portal_suspended"),
        ("uninstalled", Outcome.IGNORED, "portal_uninstalled"),
        ("dead", Outcome.IGNORED, "portal_dead"),
    ],
)
def test_the_portal_s_state_decides_whether_it_is_served(state: str, outcome: Outcome, reason: str) -> None:
    verdict = classify(parsed(message()), replace(PORTAL, state=state))

    assert (verdict.outcome, verdict.reason) == (outcome, reason)


def test_an_unknown_portal_and_an_unreadable_body_belong_to_nobody() -> None:
    unknown = classify(parsed(message()), None)
    unreadable = classify(parsed(wire.read({}), "duplicate_key"), None)

    assert (unknown.outcome, unknown.reason, unknown.portal_id) == (Outcome.REFUSED, "unknown_portal", NIL)
    assert (unreadable.outcome, unreadable.reason) == (Outcome.UNPARSABLE, "duplicate_key")


def test_a_message_and_the_command_in_it_share_one_key() -> None:
    command = message(event="ONIMBOTV2COMMANDADD", command={"id": "78", "command": "/help"})

    keys = {classify(parsed(event), PORTAL).key for event in (message(), command)}

    assert keys == {"m:70111"}


def test_an_edit_to_another_text_is_another_event() -> None:
    edits = [message(event="ONIMBOTV2MESSAGEUPDATE", message={"text": text}) for text in ("раз", "два", "раз")]

    keys = [classify(parsed(event), PORTAL).key for event in edits]

    assert keys[0] == keys[2] != keys[1]


@pytest.mark.parametrize(
    ("block", "kind", "body"),
    [
        ({"text": "Привет"}, "text", "Привет"),
        ({"text": "", "params": {"FILE_ID": {"0": "13821"}}}, "file", ""),
        ({"text": "Смотри", "params": {"FILE_ID": {"0": "13821"}}}, "text", "Смотри"),
        ({"text": ""}, "text", ""),
    ],
)
def test_a_message_is_text_or_a_bare_file(block: dict[str, Any], kind: str, body: str) -> None:
    found = classify(parsed(message(message=block)), PORTAL).message

    assert found is not None
    assert (found.kind, found.body) == (kind, body)
