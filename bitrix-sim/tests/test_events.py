"""Events leave the portal with the keys of the samples, in the order of the samples."""

from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest

from b24sim.testing import Sim
from bitrix import phpform

EVENTS = Path(__file__).parents[2] / "tests/fixtures/bitrix24/events"
ANNA = {"id": 27, "name": "Анна", "last_name": "Ёлкина", "position": "Методист", "gender": "F",
        "email": "anna@example.test", "departments": [1, 5]}  # fmt: skip
PETR = {"id": 31, "name": "Пётр", "last_name": "Иванов"}
BOSS = {"id": 1, "name": "Елена", "last_name": "Смирнова", "admin": True, "departments": [1, 5]}
GUEST = {"id": 77, "name": "Гость", "last_name": "", "connector": True, "departments": []}
GROUP = {"name": "Обучение: отдел продаж «Юг»", "members": [1, 27, 812], "chat_id": 963}


def keys(body: bytes) -> list[str]:
    return [key for key, _ in parse_qsl(body.decode(), keep_blank_values=True)]


def sample(name: str) -> bytes:
    return (EVENTS / f"{name}.txt").read_bytes()


def fields(body: bytes) -> Any:
    return phpform.decode(body).fields


async def heard(product: Any, event: str, count: int = 1) -> bytes:
    """The last of `count` events, which must be `event`."""
    body: bytes = (await product.heard(count))[count - 1]
    assert fields(body)["event"] == event
    return body


@pytest.fixture
async def portal(sim: Sim, product: Any) -> dict[str, Any]:
    """Romashka with a v2 bot 812 whose dialog Anna has opened already."""
    made = await sim.portal(
        domain="romashka-demo.bitrix24.ru", users=[BOSS, ANNA, PETR, GUEST], installed=True, limits="off"
    )
    await sim.bot(made, f"{product.url}/events")
    help_command = {"command": "help", "title": {"ru": "Помощь"}}
    await sim.result(made, "imbot.v2.Command.register", botId=812, fields=help_command)
    await sim.control("POST", f"/portals/{made['member_id']}/dialogs", {"user_id": 27})
    await product.heard(1)
    joined = product.bodies.pop()
    assert keys(joined) == keys(sample("18-v2-joinchat-private"))
    return made


async def control(sim: Sim, portal: dict[str, Any], method: str, path: str, body: Any = None) -> Any:
    return await sim.control(method, f"/portals/{portal['member_id']}{path}", body)


async def send(sim: Sim, portal: dict[str, Any], text: str, **more: Any) -> int:
    sent = await sim.result(
        portal, "imbot.v2.Chat.Message.send", botId=812, dialogId="27", fields={"message": text, **more}
    )
    return int(sent["id"])


async def test_a_private_message_reads_as_the_sample(sim: Sim, product: Any, portal: dict[str, Any]) -> None:
    theirs = fields(sample("09-v2-messageadd-private"))

    written = await sim.say(portal, 27, theirs["data"]["message"]["text"], wait=True)

    body = await heard(product, "ONIMBOTV2MESSAGEADD")
    assert written["event_status"] == 200
    assert keys(body) == keys(sample("09-v2-messageadd-private"))
    ours = fields(body)
    assert ours["data"]["user"] == theirs["data"]["user"]
    assert ours["data"]["chat"] == theirs["data"]["chat"]
    assert ours["data"]["message"]["text"] == theirs["data"]["message"]["text"]
    assert ours["auth"]["application_token"] == portal["application_token"]
    assert (ours["auth"]["user_id"], ours["data"]["bot"]["auth"]["user_id"]) == ("27", "812")


async def test_the_tokens_of_an_event_work(sim: Sim, product: Any, portal: dict[str, Any]) -> None:
    await sim.say(portal, 27, "Привет")

    event = fields(await heard(product, "ONIMBOTV2MESSAGEADD"))
    as_bot = await sim.call(portal, "profile", auth=event["data"]["bot"]["auth"]["access_token"])
    as_anna = await sim.call(portal, "profile", auth=event["auth"]["access_token"])

    assert (as_bot.json()["result"]["ID"], as_bot.json()["result"]["ADMIN"]) == ("812", False)
    assert as_anna.json()["result"]["LAST_NAME"] == "Ёлкина"


async def test_files_and_edits_and_deletions(sim: Sim, product: Any, portal: dict[str, Any]) -> None:
    written = await sim.say(portal, 27, "", files=[13821, 13822], wait=True)
    path = f"/messages/{written['message_id']}"
    added = await heard(product, "ONIMBOTV2MESSAGEADD")

    await control(sim, portal, "PATCH", path, {"text": "Как пройти курс?"})
    edited = await heard(product, "ONIMBOTV2MESSAGEUPDATE", 2)
    await control(sim, portal, "DELETE", path)
    deleted = await heard(product, "ONIMBOTV2MESSAGEDELETE", 3)

    assert keys(added) == keys(sample("11-v2-messageadd-file-only"))
    files = [key for key in keys(edited) if "FILE_ID" not in key]
    assert files == keys(sample("16-v2-messageupdate"))
    assert keys(deleted) == keys(sample("17-v2-messagedelete"))
    assert await sim.seen(portal) == []


async def test_a_group_is_heard_where_it_mentions_the_bot(sim: Sim, product: Any, portal: dict[str, Any]) -> None:
    await control(sim, portal, "POST", "/chats", GROUP)
    joined = await heard(product, "ONIMBOTV2JOINCHAT")

    ignored = await sim.say(portal, 27, "Коллеги, добрый день", dialog_id="chat963")
    await sim.say(portal, 27, "[USER=812]Teachbase AI[/USER], где отчёт?", dialog_id="chat963")

    mentioned = await heard(product, "ONIMBOTV2MESSAGEADD", 2)
    assert ignored["event_status"] == "not_heard"
    assert keys(joined) == keys(sample("19-v2-joinchat-group"))
    assert keys(mentioned) == keys(sample("10-v2-messageadd-group-mention"))
    assert fields(mentioned)["data"]["chat"] == fields(sample("10-v2-messageadd-group-mention"))["data"]["chat"]


async def test_a_visitor_of_an_open_line_is_marked(sim: Sim, product: Any, portal: dict[str, Any]) -> None:
    await control(
        sim, portal, "POST", "/chats", {"name": "Гость", "members": [77, 812], "kind": "lines", "chat_id": 981}
    )
    await heard(product, "ONIMBOTV2JOINCHAT")

    await sim.say(portal, 77, "Добрый день, у вас есть курсы?", dialog_id="chat981")

    body = await heard(product, "ONIMBOTV2MESSAGEADD", 2)
    assert keys(body) == keys(sample("28-v2-messageadd-openline"))
    assert fields(body)["data"]["user"]["connector"] == "1"


async def test_a_robot_brings_no_tokens(sim: Sim, product: Any, portal: dict[str, Any]) -> None:
    await sim.say(portal, 27, "Напоминание от робота", robot=True)

    assert keys(await heard(product, "ONIMBOTV2MESSAGEADD")) == keys(sample("25-v2-messageadd-no-tokens"))


async def test_a_typed_command_fires_both_events_unless_set_otherwise(
    sim: Sim, product: Any, portal: dict[str, Any]
) -> None:
    await sim.say(portal, 27, "/help курсы", wait=True)
    both = {fields(body)["event"]: body for body in await product.heard(2)}
    await control(sim, portal, "PATCH", "", {"command_events": "command"})
    await sim.say(portal, 27, "/help", wait=True)
    await sim.say(portal, 27, "/ помощь", wait=True)

    command = fields(both["ONIMBOTV2COMMANDADD"])["data"]
    assert set(both) == {"ONIMBOTV2COMMANDADD", "ONIMBOTV2MESSAGEADD"}
    assert command["command"] == {"id": "78", "command": "/help", "params": "курсы", "context": "textarea"}
    later = [fields(body)["event"] for body in await product.heard(4)][2:]
    assert later == ["ONIMBOTV2COMMANDADD", "ONIMBOTV2MESSAGEADD"]


async def test_a_pressed_button_carries_the_message_of_the_bot(
    sim: Sim, product: Any, portal: dict[str, Any]
) -> None:
    await sim.result(
        portal, "imbot.v2.Command.register", botId=812, fields={"command": "tb_feedback", "hidden": True}
    )
    button = {"TEXT": "👍", "COMMAND": "tb_feedback", "COMMAND_PARAMS": "k7Qm2:up"}
    message_id = await send(
        sim,
        portal,
        "Ответ",
        keyboard=[button, {"TYPE": "NEWLINE"}, {"TEXT": "Ещё", "ACTION": "SEND", "ACTION_VALUE": "ещё"}],
    )

    pressed = {"message_id": message_id, "user_id": 27}
    await control(sim, portal, "POST", "/buttons", {**pressed, "index": 0})
    command = await heard(product, "ONIMBOTV2COMMANDADD")
    await control(sim, portal, "POST", "/buttons", {**pressed, "index": 1})
    written = await heard(product, "ONIMBOTV2MESSAGEADD", 2)

    data = fields(command)["data"]
    assert [key for key in keys(command) if "[uuid]" not in key] == [
        key for key in keys(sample("21-v2-commandadd-keyboard")) if "[uuid]" not in key
    ]
    assert (data["command"]["params"], data["command"]["context"]) == ("k7Qm2:up", "keyboard")
    assert (data["message"]["id"], data["message"]["authorId"]) == (str(message_id), "812")
    assert fields(written)["data"]["message"]["text"] == "ещё"


async def test_a_reaction_and_the_end_of_the_bot(sim: Sim, product: Any, portal: dict[str, Any]) -> None:
    message_id = await send(sim, portal, "Ответ бота")

    await control(sim, portal, "POST", "/reactions", {"message_id": message_id, "user_id": 27})
    reaction = await heard(product, "ONIMBOTV2REACTIONCHANGE")
    await sim.result(portal, "imbot.v2.Bot.unregister", botId=812)
    farewell = await heard(product, "ONIMBOTV2DELETE", 2)

    assert keys(reaction) == keys(sample("24-v2-reactionchange"))
    assert keys(farewell) == keys(sample("20-v2-botdelete"))
    assert (await sim.call(portal, "imbot.v2.Bot.get", botId=812)).json()["error"] == "BOT_NOT_FOUND"


async def test_nothing_leaves_before_the_installation_is_finished(sim: Sim, product: Any) -> None:
    portal = await sim.portal()
    await sim.bot(portal, f"{product.url}/events")

    before = await sim.say(portal, 2, "Есть кто?")
    await control(sim, portal, "POST", "/install-finish")
    after = await sim.say(portal, 2, "А теперь?", wait=True)

    assert (before["event_status"], after["event_status"]) == ("not_installed", 200)
    assert len(product.bodies) == 1


async def test_an_event_may_come_twice_late_or_not_at_all(sim: Sim, product: Any, portal: dict[str, Any]) -> None:
    await sim.say(portal, 27, "раз", duplicate=True, wait=True)
    dropped = await sim.say(portal, 27, "два", drop=True)
    await sim.say(portal, 27, "три", delay_ms=100)
    await sim.say(portal, 27, "четыре", wait=True)

    texts = [fields(body)["data"]["message"]["text"] for body in await product.heard(4)]
    first, second = (fields(body) for body in product.bodies[:2])
    assert texts == ["раз", "раз", "четыре", "три"]
    assert {first.pop("ts"), second.pop("ts")} == {"1790000000", "1790000008"}
    assert first == second
    assert dropped["event_status"] == "dropped"


async def test_an_event_is_sent_once_whatever_the_answer(sim: Sim, product: Any, portal: dict[str, Any]) -> None:
    product.status = 500

    written = await sim.say(portal, 27, "Привет", wait=True)
    await sim.result(portal, "imbot.v2.Bot.update", botId=812, fields={"webhookUrl": "http://127.0.0.1:1/nobody"})
    lost = await sim.say(portal, 27, "Привет", wait=True)

    assert written["event_status"] == 500
    assert str(lost["event_status"]).startswith("ClientConnectorError")
    log = (await sim.http.get(f"/control/portals/{portal['member_id']}/deliveries")).json()
    assert [(item["event"], item["status"]) for item in log["items"]] == [
        ("ONIMBOTV2JOINCHAT", 200), ("ONIMBOTV2MESSAGEADD", 500), ("ONIMBOTV2MESSAGEADD", None),
    ]  # fmt: skip


async def test_a_bot_in_fetch_mode_gets_typed_events_and_deletes_by_offset(
    sim: Sim, portal: dict[str, Any]
) -> None:
    await sim.result(portal, "imbot.v2.Bot.update", botId=812, fields={"eventMode": "fetch"})

    written = await sim.say(portal, 27, "раз")
    await sim.say(portal, 27, "два")
    first = await sim.result(portal, "imbot.v2.Event.get", botId=812, limit=1)
    rest = await sim.result(portal, "imbot.v2.Event.get", botId=812, offset=first["nextOffset"])
    empty = await sim.result(portal, "imbot.v2.Event.get", botId=812, offset=rest["nextOffset"])

    assert written["event_status"] == "fetch"
    assert (len(first["events"]), first["hasMore"]) == (1, True)
    data = first["events"][0]["data"]
    assert (data["message"]["text"], data["message"]["isSystem"], data["user"]["id"]) == ("раз", False, 27)
    assert list(data) == ["bot", "message", "chat", "user", "language"]
    assert [event["data"]["message"]["text"] for event in rest["events"]] == ["два"]
    assert empty == {"events": [], "nextOffset": rest["nextOffset"], "hasMore": False}


async def test_an_event_is_overtaken_by_the_next_one(sim: Sim, product: Any, portal: dict[str, Any]) -> None:
    await sim.say(portal, 27, "раз", reorder=True)
    await sim.say(portal, 27, "два", wait=True)

    texts = [fields(body)["data"]["message"]["text"] for body in await product.heard(2)]
    assert texts == ["два", "раз"]
