"""Calls against the official schemas: answered as the platform does, and noted."""

from typing import Any

import pytest

from b24sim.rest import schema
from b24sim.testing import Sim

SEND = "imbot.v2.chat.message.send"


@pytest.mark.parametrize(
    ("method", "params", "found"),
    [
        (SEND, {"botId": 812, "dialogId": "2", "fields": {"message": "x", "templateId": "y"}}, []),
        (SEND, {"botId": "812", "dialogId": "2", "fields": {"message": "x", "system": "N"}}, []),
        (SEND, {"dialogId": "2", "fields": {}}, ["botId is missing"]),
        (SEND, {"botId": 812, "dialogId": "2", "feilds": {}}, ["feilds is unknown"]),
        (SEND, {"botId": "bot", "dialogId": "2"}, ["botId is no integer"]),
        (
            SEND,
            {"botId": 812, "dialogId": "2", "fields": {"text": "x", "keyboard": "no"}},
            ["fields.text is unknown", "fields.keyboard is no array"],
        ),
        ("imbot.v2.bot.register", {}, ["fields is missing"]),
        ("app.info", {"anything": 1}, []),
    ],
)
def test_a_schema_names_what_it_objects_to(method: str, params: dict[str, Any], found: list[str]) -> None:
    assert schema.mistakes(method, params) == found


async def test_a_mistaken_call_is_answered_and_noted_alone_and_in_a_batch(sim: Sim) -> None:
    portal = await sim.portal()

    alone = await sim.call(portal, "user.get", WRONG=1)
    batched = await sim.call(portal, "batch", cmd={"a": "user.get?WRONG=1"})

    noted = await sim.control("GET", f"/portals/{portal['member_id']}/mistakes")
    assert (alone.status_code, batched.status_code) == (200, 200)
    assert [(line["method"], line["mistakes"]) for line in noted["items"]] == [
        ("user.get", ["WRONG is unknown"])
    ] * 2
    assert (await sim.control("GET", "/stats"))["mistakes"] == 2
