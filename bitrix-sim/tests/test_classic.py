"""Classic bots: registration, messages, and events of the first generation (contract 4.10, 5.5)."""

from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest

from b24sim.testing import Sim
from bitrix import phpform

EVENTS = Path(__file__).parents[2] / "tests/fixtures/bitrix24/events"


def keys(body: bytes) -> list[str]:
    return [key for key, _ in parse_qsl(body.decode(), keep_blank_values=True)]


def sample(name: str) -> list[str]:
    return keys((EVENTS / f"{name}.txt").read_bytes())


@pytest.fixture
async def portal(sim: Sim, product: Any) -> dict[str, Any]:
    """A portal with a classic bot 812 and its command 78."""
    made = await sim.portal(installed=True, limits="off", users_count=30)
    url = f"{product.url}/events"
    handlers = {"EVENT_MESSAGE_ADD": url, "EVENT_WELCOME_MESSAGE": url, "EVENT_BOT_DELETE": url}
    given = {"CODE": "teachbase_ai_assistant", "TYPE": "B", "PROPERTIES": {"NAME": "Teachbase AI"}, **handlers}
    assert await sim.result(made, "imbot.register", **given) == 812
    assert await sim.result(made, "imbot.register", **given) == 812
    command = {"BOT_ID": 812, "COMMAND": "help", "EVENT_COMMAND_ADD": url}
    titles = [{"LANGUAGE_ID": "ru", "TITLE": "Помощь"}]
    assert await sim.result(made, "imbot.command.register", **command, LANG=titles) == 78
    return made


async def test_events_come_in_the_first_generation(sim: Sim, product: Any, portal: dict[str, Any]) -> None:
    await sim.say(portal, 27, "Привет! 🙂 Что нового?", wait=True)
    joined, added = sorted(await product.heard(2), key=lambda body: b"MESSAGEADD" in body)
    await sim.say(portal, 27, "/help курсы", wait=True)
    command, _ = sorted((await product.heard(4))[2:], key=lambda body: b"MESSAGEADD" in body)
    await sim.result(portal, "imbot.unregister", BOT_ID=812)
    farewell = (await product.heard(5))[4]

    assert keys(joined) == sample("33-v1-joinchat")
    assert keys(added) == sample("30-v1-messageadd-private")
    assert keys(command) == sample("34-v1-commandadd")
    assert keys(farewell) == sample("35-v1-botdelete")


async def test_a_mention_is_stripped_from_the_text_of_a_group(
    sim: Sim, product: Any, portal: dict[str, Any]
) -> None:
    group = {"name": "Обучение", "members": [27, 812], "chat_id": 963}
    await sim.control("POST", f"/portals/{portal['member_id']}/chats", group)
    await product.heard(1)

    await sim.say(portal, 27, "[USER=812]Teachbase AI[/USER], где мой сертификат?", dialog_id="chat963")

    event: Any = phpform.decode((await product.heard(2))[1]).fields
    params = event["data"]["PARAMS"]
    assert params["MESSAGE"] == "где мой сертификат?"
    assert params["MESSAGE_ORIGINAL"] == "[USER=812]Teachbase AI[/USER], где мой сертификат?"
    assert (params["DIALOG_ID"], params["MENTIONED_LIST"]) == ("chat963", {"812": "812"})


async def test_a_classic_bot_writes_and_types(sim: Sim, portal: dict[str, Any]) -> None:
    message_id = await sim.result(portal, "imbot.message.add", BOT_ID=812, DIALOG_ID="27", MESSAGE="Привет")
    typing = await sim.result(portal, "imbot.chat.sendTyping", BOT_ID=812, DIALOG_ID="27")
    bots = await sim.result(portal, "imbot.bot.list")

    assert [(item["id"], item["text"]) for item in await sim.seen(portal, dialog_id="27")] == [
        (message_id, "Привет")
    ]
    assert typing is True
    assert bots == {
        "812": {"ID": "812", "NAME": "Teachbase AI", "CODE": "teachbase_ai_assistant", "OPENLINE": "N"}
    }


@pytest.mark.parametrize(
    ("method", "params", "error"),
    [
        ("imbot.register", {}, "CODE_ERROR"),
        ("imbot.register", {"CODE": "x"}, "NAME_ERROR"),
        ("imbot.register", {"CODE": "x", "PROPERTIES": {"NAME": "X"}}, "EVENT_MESSAGE_ADD_ERROR"),
        ("imbot.message.add", {"BOT_ID": 5}, "BOT_ID_ERROR"),
        ("imbot.message.add", {"BOT_ID": 812}, "DIALOG_ID_EMPTY"),
        ("imbot.message.add", {"BOT_ID": 812, "DIALOG_ID": "27"}, "MESSAGE_EMPTY"),
        ("imbot.message.add", {"BOT_ID": 812, "DIALOG_ID": "chat5", "MESSAGE": "x"}, "ACCESS_ERROR"),
    ],
)
async def test_a_wrong_call_is_refused_by_code(
    sim: Sim, portal: dict[str, Any], method: str, params: dict[str, Any], error: str
) -> None:
    assert (await sim.call(portal, method, **params)).json()["error"] == error
