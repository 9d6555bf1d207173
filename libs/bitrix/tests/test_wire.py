"""Every sample body as a typed event, and whatever else a stranger may send as one with defaults."""

from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitrix import phpform, wire
from bitrix.events import EventKind, WireEvent, as_flag, as_id, as_text, mentions, without_mentions

EVENTS = Path(__file__).parents[3] / "tests/fixtures/bitrix24/events"
MEMBER_ID, TOKEN = "5f2c1be07a9d4e63b8d0a1c2e3f40516", "0c9f0e6d5b7a41c28e3d94f1a2b3c4d5"
K = EventKind

# file -> kind, dialog, actor, message, bot (read by eye from the bodies)
SAMPLES: dict[str, tuple[EventKind, str, int, int, int]] = {
    "01-onappinstall": (K.APP, "", 0, 0, 0),
    "02-onappinstall-forged": (K.APP, "", 0, 0, 0),
    "03-onappuninstall-clean": (K.APP, "", 0, 0, 0),
    "04-onappupdate": (K.APP, "", 0, 0, 0),
    "05-onapppayment": (K.APP, "", 0, 0, 0),
    "06-install-wizard-page": (K.OTHER, "", 0, 0, 0),
    "07-main-page": (K.OTHER, "", 0, 0, 0),
    "09-v2-messageadd-private": (K.MESSAGE_ADD, "27", 27, 70111, 812),
    "10-v2-messageadd-group-mention": (K.MESSAGE_ADD, "chat963", 27, 70112, 812),
    "11-v2-messageadd-file-only": (K.MESSAGE_ADD, "27", 27, 70113, 812),
    "14-v2-messageadd-system": (K.MESSAGE_ADD, "chat963", 0, 70116, 812),
    "15-v2-messageadd-duplicate": (K.MESSAGE_ADD, "27", 27, 70111, 812),
    "16-v2-messageupdate": (K.MESSAGE_UPDATE, "27", 27, 70111, 812),
    "17-v2-messagedelete": (K.MESSAGE_DELETE, "27", 27, 70111, 812),
    "18-v2-joinchat-private": (K.JOIN_CHAT, "27", 27, 0, 812),
    "19-v2-joinchat-group": (K.JOIN_CHAT, "chat963", 1, 0, 812),
    "20-v2-botdelete": (K.BOT_DELETE, "", 0, 0, 812),
    "21-v2-commandadd-keyboard": (K.COMMAND_ADD, "27", 27, 70120, 812),
    "23-v2-contextget": (K.CONTEXT_GET, "27", 27, 0, 812),
    "24-v2-reactionchange": (K.REACTION_CHANGE, "27", 27, 70120, 812),
    "25-v2-messageadd-no-tokens": (K.MESSAGE_ADD, "27", 27, 70130, 812),
    "27-v2-messageadd-bad-token": (K.MESSAGE_ADD, "27", 27, 70132, 812),
    "28-v2-messageadd-openline": (K.MESSAGE_ADD, "chat981", 77, 70133, 812),
    "29-v2-messageadd-json-variant": (K.MESSAGE_ADD, "27", 27, 70140, 812),
    "30-v1-messageadd-private": (K.MESSAGE_ADD, "27", 27, 70211, 812),
    "33-v1-joinchat": (K.JOIN_CHAT, "27", 27, 0, 812),
    "34-v1-commandadd": (K.COMMAND_ADD, "27", 27, 70214, 812),
    "35-v1-botdelete": (K.BOT_DELETE, "", 0, 0, 812),
    "40-v2-fetch-response": (K.OTHER, "", 0, 0, 0),
    "41-v2-fetch-empty": (K.OTHER, "", 0, 0, 0),
}


def sample(name: str) -> WireEvent:
    path = next(EVENTS.glob(f"{name}.*"))
    body = path.read_bytes()
    fields: Any = orjson.loads(body) if path.suffix == ".json" else phpform.decode(body).fields
    return wire.read(fields)


@pytest.mark.parametrize("name", SAMPLES)
def test_a_sample_reads_as_told(name: str) -> None:
    event = sample(name)

    found = (event.kind, event.chat.dialog_id, event.actor.id, event.message.id, event.bot_id)
    assert found == SAMPLES[name]


def test_the_table_names_every_sample() -> None:
    assert set(SAMPLES) == {path.stem for path in EVENTS.iterdir() if path.name != "README.md"}


@pytest.mark.parametrize("name", [name for name, expected in SAMPLES.items() if expected[4]])
def test_an_event_of_the_bot_names_its_portal_and_its_dialog_s_kind(name: str) -> None:
    event = sample(name)

    assert event.member_id == MEMBER_ID
    assert (event.application_token == TOKEN) == ("bad-token" not in name)
    assert event.chat.is_private == (not event.chat.dialog_id.startswith("chat"))


def test_what_the_samples_are_there_to_show() -> None:
    group, bare_file = sample("10-v2-messageadd-group-mention"), sample("11-v2-messageadd-file-only")
    system, openline = sample("14-v2-messageadd-system"), sample("28-v2-messageadd-openline")
    button, typed = sample("21-v2-commandadd-keyboard"), sample("34-v1-commandadd")
    json, no_tokens = sample("29-v2-messageadd-json-variant"), sample("25-v2-messageadd-no-tokens")

    assert mentions(group.message.text, 812)
    assert group.actor.departments == (1, 5)
    assert bare_file.message.file_ids
    assert not bare_file.message.text
    assert system.message.is_system
    assert openline.chat.is_open_line
    assert button.command.from_keyboard
    assert not typed.command.from_keyboard
    assert (typed.command.id, typed.command.name, typed.command.params) == (78, "help", "курсы")
    assert (button.command.name, button.command.params) == ("tb_feedback", '{"a":"70120","v":"up"}')
    assert sample("24-v2-reactionchange").reaction == "like:add"
    assert json.kind is no_tokens.kind is K.MESSAGE_ADD
    assert no_tokens.application_token == TOKEN


def test_both_generations_of_a_message_read_alike() -> None:
    second, first = sample("09-v2-messageadd-private"), sample("30-v1-messageadd-private")

    assert (first.kind, first.chat, first.actor.id, first.bot_id) == (
        second.kind,
        second.chat,
        second.actor.id,
        second.bot_id,
    )


def test_a_fetched_page_reads_as_what_is_pushed() -> None:
    answer = orjson.loads((EVENTS / "40-v2-fetch-response.json").read_bytes())

    page = wire.read_fetched(answer["result"], MEMBER_ID)

    assert (page.next_offset, page.has_more) == (1006, False)
    assert [(event.event_id, event.kind) for event in page.events] == [
        (1001, K.JOIN_CHAT),
        (1004, K.MESSAGE_ADD),
        (1005, K.MESSAGE_ADD),
    ]
    fetched, pushed = page.events[1], sample("09-v2-messageadd-private")
    assert (fetched.message, fetched.chat, fetched.actor) == (pushed.message, pushed.chat, pushed.actor)
    assert (fetched.member_id, fetched.bot_id) == (pushed.member_id, pushed.bot_id)
    assert page.events[2].message.is_system


def test_an_empty_page_keeps_its_offset() -> None:
    answer = orjson.loads((EVENTS / "41-v2-fetch-empty.json").read_bytes())

    page = wire.read_fetched(answer["result"], MEMBER_ID)

    assert page.events == ()
    assert page.next_offset == answer["result"]["nextOffset"]


def test_the_context_of_a_deep_link_is_kept_as_it_came() -> None:
    context = sample("23-v2-contextget").context

    assert context == {"source": "lms", "course": {"id": "118", "tags": {"0": "охрана труда", "1": "новичок"}}}
    assert sample("09-v2-messageadd-private").context is None


scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
known = "event data auth message chat user bot id text command params FILE_ID BOT PARAMS USER COMMAND dialogId"
keys = st.text() | st.sampled_from(
    [*known.split(), "member_id", "departments", "application_token", "authorId", "active"]
)
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=4)
)
names = st.sampled_from([*wire._V2, *wire._V1, "ONAPPINSTALL", "onimbotv2messageadd", ""])


@given(st.dictionaries(keys, values, max_size=6), names, values, values)
def test_whatever_a_stranger_sends_is_read(fields: dict[str, Any], name: str, data: Any, auth: Any) -> None:
    event = wire.read({**fields, "event": name, "data": data, "auth": auth})

    assert len(event.member_id) <= 64
    assert len(event.chat.dialog_id) <= 64
    assert 0 <= event.message.id < 1 << 63
    assert "\0" not in event.message.text + event.domain + event.chat.dialog_id


@given(values, names, values)
def test_whatever_is_fetched_is_read(result: Any, name: str, data: Any) -> None:
    page = {"events": [result, {"type": name, "eventId": result, "data": data}], "nextOffset": result}

    assert wire.read_fetched(result, "m").next_offset >= 0
    assert len(wire.read_fetched(page, "m").events) == 2


@given(st.text() | st.from_regex(r"\[USER=[0-9]{1,30}( x)?\].*\[/USER\]", fullmatch=True), st.integers(0, 1 << 62))
def test_any_text_can_be_asked_for_mentions(text: str, user_id: int) -> None:
    assert isinstance(mentions(text, user_id), bool)
    assert isinstance(without_mentions(text, user_id), str)


@pytest.mark.parametrize("digits", [20, 5000])
def test_a_mention_of_an_impossible_user_is_nobody_s(digits: int) -> None:
    text = f"[USER={'9' * digits}]Кто-то[/USER], привет"

    assert not mentions(text, 812)
    assert without_mentions(text, 812) == "Кто-то, привет"


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("[USER=812]Бот[/USER], где отчёт?", "где отчёт?"),
        ("[USER=812]Бот[/USER] [USER=31]Пётр[/USER] в отпуске?", "Пётр в отпуске?"),
        ("где отчёт, [user=812 replace]Бот[/user]", "где отчёт,"),
        ("без упоминаний", "без упоминаний"),
    ],
)
def test_our_mention_is_dropped_and_others_keep_their_names(text: str, meant: str) -> None:
    assert without_mentions(text, 812) == meant


@pytest.mark.parametrize(
    ("value", "flag"),
    [
        ("1", True),
        ("Y", True),
        ("true", True),
        (True, True),
        ("0", False),
        ("N", False),
        ("", False),
        (None, False),
    ],
)
def test_a_php_boolean_is_not_a_python_one(value: object, flag: bool) -> None:
    assert as_flag(value) is flag


@pytest.mark.parametrize(("value", "number"), [("27", 27), (27, 27), (str((1 << 63) - 1), (1 << 63) - 1)])
def test_an_id_is_a_positive_int64(value: object, number: int) -> None:
    assert as_id(value) == number


@pytest.mark.parametrize(
    "value", ["0", "-1", "²", "٣", "9" * 20, 1.5, True, str(1 << 63), "", None, [], {"0": "7"}]
)
def test_whatever_else_is_no_id(value: object) -> None:
    assert as_id(value) == 0


def test_what_is_no_scalar_is_no_text() -> None:
    assert as_text(["a"]) == as_text({"a": "b"}) == as_text(None) == ""


@pytest.mark.parametrize(
    ("query", "probe"),
    [({"probe": "a1b2"}, "a1b2"), ({"any": "data"}, ""), ("text", ""), ({"probe": {"x": 1}}, "")],
)
def test_a_test_event_names_our_probe_or_none(query: object, probe: str) -> None:
    event = wire.read({"event": "ONAPPTEST", "data": {"QUERY": query}})

    assert event.application.probe == probe
