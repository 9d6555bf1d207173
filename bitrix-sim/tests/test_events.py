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
PETR = {"id": 1, "name": "Пётр", "last_name": "Иванов", "admin": True}
FRESH = {"access_token", "refresh_token", "expires", "ts", "uuid", "date", "event_handler_id", "id", "chatId"}


def keys(body: bytes) -> list[str]:
    return [key for key, _ in parse_qsl(body.decode(), keep_blank_values=True)]


def sample(name: str) -> bytes:
    return (EVENTS / f"{name}.txt").read_bytes()


def event_of(body: bytes) -> Any:
    return phpform.decode(body).fields


@pytest.fixture
async def romashka(sim: Sim, product: Any) -> dict[str, Any]:
    portal = await sim.portal(
        domain="romashka-demo.bitrix24.ru", users=[PETR, ANNA], installed=True, first_message_id=70111
    )
    await sim.bot(portal, f"{product.url}/events")
    return portal


async def test_a_private_message_looks_like_the_sample(sim: Sim, product: Any, romashka: dict[str, Any]) -> None:
    text = event_of(sample("09-v2-messageadd-private"))["data"]["message"]["text"]

    await sim.say(romashka, 27, text)

    joined, added = sorted(await product.heard(2), key=lambda body: b"MESSAGEADD" in body)
    assert keys(joined) == keys(sample("18-v2-joinchat-private"))
    assert keys(added) == keys(sample("09-v2-messageadd-private"))
    ours, theirs = event_of(added), event_of(sample("09-v2-messageadd-private"))
    assert ours["data"]["user"] == theirs["data"]["user"]
    assert ours["data"]["chat"] == theirs["data"]["chat"]
    assert ours["data"]["message"]["text"] == text
