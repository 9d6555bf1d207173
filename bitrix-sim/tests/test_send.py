"""Sending once: templateId, its trap, and what is refused before it (contract 4.6, 4.7)."""

from typing import Any

import pytest

from b24sim.testing import FakeClock, Sim

V4 = "3f0c9a51-77d2-4b1e-9c44-0a6b5d2e8f10"
IGNORED = [
    "3f0c9a51-77d2-5b1e-9c44-0a6b5d2e8f10",  # v5
    "3f0c9a51-77d2-7b1e-9c44-0a6b5d2e8f10",  # v7
    "3F0C9A51-77D2-4B1E-9C44-0A6B5D2E8F10",  # upper case
    "3f0c9a51-77d2-4b1e-7c44-0a6b5d2e8f10",  # variant
    "3f0c9a51-77d2-4b1e-9c44-0a6b5d2e8f10\n",
    "",
]
SEND = "imbot.v2.Chat.Message.send"


@pytest.fixture
async def portal(sim: Sim) -> dict[str, Any]:
    made = await sim.portal(limits="off", installed=True)
    await sim.bot(made, "http://127.0.0.1:1/events")
    return made


def message(template: str = V4, **fields: Any) -> dict[str, Any]:
    return {"botId": 812, "dialogId": "2", "fields": {"message": "Привет", "templateId": template, **fields}}


async def faults(sim: Sim, portal: dict[str, Any], *given: dict[str, Any]) -> None:
    await sim.control("PUT", f"/portals/{portal['member_id']}/faults", list(given))


async def test_a_repeat_returns_the_same_id_and_shows_nothing_new(sim: Sim, portal: dict[str, Any]) -> None:
    first = await sim.result(portal, SEND, **message())
    second = await sim.result(portal, SEND, **message())

    assert first == second == {"id": first["id"], "uuidMap": []}
    assert [item["text"] for item in await sim.seen(portal)] == ["Привет"]
    stats = await sim.control("GET", "/stats")
    assert (stats["bot_messages"], stats["duplicates"], stats["repeats"]) == (1, 0, 1)


@pytest.mark.parametrize("template", IGNORED)
async def test_any_other_template_is_ignored_silently(sim: Sim, portal: dict[str, Any], template: str) -> None:
    first = await sim.result(portal, SEND, **message(template))
    second = await sim.result(portal, SEND, **message(template))

    assert first["id"] != second["id"]
    stats = await sim.control("GET", "/stats")
    assert (stats["bot_messages"], stats["duplicates"]) == (2, 1 if template else 0)


async def test_a_known_uuid_is_remembered_for_31_days(sim: Sim, portal: dict[str, Any], clock: FakeClock) -> None:
    first = await sim.result(portal, SEND, **message())
    clock.now += 31 * 86_400 - 1
    within = await sim.result(portal, SEND, auth=await fresh_token(sim, portal), **message())
    clock.now += 1
    after = await sim.result(portal, SEND, auth=await fresh_token(sim, portal), **message())

    assert within == first
    assert after["id"] != first["id"]


async def test_a_send_that_failed_after_the_insert_is_refused_for_an_hour(
    sim: Sim, portal: dict[str, Any], clock: FakeClock
) -> None:
    await faults(sim, portal, {"kind": "sending_failed", "method": SEND, "count": 1})

    failed = await sim.call(portal, SEND, **message())
    clock.now += 3599
    trapped = await sim.call(portal, SEND, **message())
    clock.now += 1
    freed = await sim.call(portal, SEND, auth=await fresh_token(sim, portal), **message())

    assert (failed.status_code, failed.json()["error"]) == (400, "SENDING_FAILED")
    assert (trapped.status_code, trapped.json()["error"]) == (400, "SENDING_FAILED")
    assert freed.status_code == 200
    assert len(await sim.seen(portal)) == 1


@pytest.mark.parametrize(
    ("change", "status", "error"),
    [
        ({"dialogId": "999"}, 403, "ACCESS_DENIED"),
        ({"dialogId": "chat963"}, 403, "ACCESS_DENIED"),
        ({"fields": {"message": "  ", "templateId": V4}}, 400, "EMPTY_MESSAGE"),
        ({"fields": {"message": "x", "templateId": V4, "attach": ["y" * 60_000]}}, 400, "ATTACH_ERROR"),
        ({"fields": {"message": "x", "templateId": V4, "keyboard": "buttons"}}, 400, "KEYBOARD_ERROR"),
        ({"fields": {"message": "x", "templateId": V4, "replyId": 5}}, 400, "REPLY_ERROR"),
        ({"botId": 5}, 400, "BOT_NOT_FOUND"),
        ({"botId": 0}, 400, "BOT_ID_REQUIRED"),
    ],
)
async def test_a_definite_refusal_does_not_burn_the_uuid(
    sim: Sim, portal: dict[str, Any], change: dict[str, Any], status: int, error: str
) -> None:
    refused = await sim.call(portal, SEND, **{**message(), **change})
    accepted = await sim.call(portal, SEND, **message())

    assert (refused.status_code, refused.json()["error"]) == (status, error)
    assert accepted.status_code == 200


async def test_an_accepted_send_without_an_answer_is_found_by_its_uuid(sim: Sim, portal: dict[str, Any]) -> None:
    await faults(sim, portal, {"kind": "server_error_after", "method": SEND, "count": 1})

    unknown = await sim.call(portal, SEND, **message())
    known = await sim.result(portal, SEND, **message())

    assert (unknown.status_code, unknown.json()["error"]) == (500, "INTERNAL_SERVER_ERROR")
    assert [item["id"] for item in await sim.seen(portal)] == [known["id"]]


async def test_a_long_text_is_cut_silently(sim: Sim, portal: dict[str, Any]) -> None:
    await sim.result(portal, SEND, **message(message="ё" * 20_001))

    (seen,) = await sim.seen(portal)
    assert seen["text"] == "ё" * 20_000 + " (...)"


async def test_a_form_body_sends_as_a_json_body_does(sim: Sim, portal: dict[str, Any]) -> None:
    form = {"auth": portal["admin"]["access_token"], "botId": "812", "dialogId": "2", "fields[message]": "Привет",
            "fields[keyboard][0][TEXT]": "Ещё", "fields[keyboard][0][COMMAND]": "more"}  # fmt: skip

    answer = await sim.http.post(portal["client_endpoint"] + "IMBOT.v2.chat.message.SEND.json", data=form)

    assert answer.status_code == 200
    assert (await sim.seen(portal))[0]["keyboard"] == [{"TEXT": "Ещё", "COMMAND": "more"}]


async def test_an_own_message_is_edited_and_deleted(sim: Sim, portal: dict[str, Any]) -> None:
    sent = await sim.result(portal, SEND, **message(keyboard=[{"TEXT": "Да", "COMMAND": "yes"}]))
    named = {"botId": 812, "messageId": sent["id"]}

    edited = await sim.result(
        portal, "imbot.v2.Chat.Message.update", **named, fields={"message": "Готово", "keyboard": "N"}
    )
    (seen,) = await sim.seen(portal)
    await sim.result(portal, "imbot.v2.Chat.Message.delete", **named)

    assert edited == {"result": True}
    assert (seen["text"], seen["edited"], seen["keyboard"]) == ("Готово", True, [])
    assert await sim.seen(portal) == []


async def fresh_token(sim: Sim, portal: dict[str, Any]) -> str:
    opened = await sim.control("POST", f"/portals/{portal['member_id']}/open", {"user_id": 1})
    return str(opened["form"]["AUTH_ID"])
