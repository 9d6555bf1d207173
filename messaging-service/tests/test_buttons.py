"""Buttons under the bot's messages, and the sign that it is at work."""

import asyncio
from typing import Any

import pytest

from messaging import texts
from teachbase.delivery.v1 import delivery_pb2

HELP = [delivery_pb2.Button(text="Что ты умеешь?", command="help")]


async def test_the_greeting_carries_a_button_and_an_answer_does_not(
    service: Any, event_of: Any, join_of: Any
) -> None:
    portal = await service.portal()
    await service.ingest(join_of(portal), event_of(portal, 70101, "/help"), event_of(portal, 70102, "Где отпуск?"))

    await service.respond()

    assert [list(one.buttons) for one in service.handed(portal)] == [HELP, [], []]


async def test_each_press_of_the_help_button_is_answered_once(service: Any, press_of: Any) -> None:
    portal = await service.portal()
    await service.ingest(press_of(portal), press_of(portal))  # an event that came twice
    await service.respond()
    await service.ingest(press_of(portal, ts=1790000009))

    await service.respond()

    handed = service.handed(portal)
    assert [(one.provider_dialog_id, one.body) for one in handed] == [("27", texts.HELP["ru"])] * 2
    assert [one.reply_to_provider_id for one in handed] == [0, 0]


async def test_a_press_in_a_group_is_answered_there_for_who_may_ask(service: Any, press_of: Any) -> None:
    portal = await service.portal()
    await service.ingest(press_of(portal, dialog_id="chat5"))

    await service.respond()

    assert [one.provider_dialog_id for one in service.handed(portal)] == ["chat5"]


@pytest.mark.parametrize(("said", "shown"), [("Где мой отпуск?", ["27"]), ("/help", []), ("ping", [])])
async def test_only_what_has_to_be_looked_up_shows_that_the_bot_is_at_work(
    service: Any, event_of: Any, said: str, shown: list[str]
) -> None:
    portal = await service.portal()
    await service.ingest(event_of(portal, 70101, said))

    await service.respond()
    await asyncio.sleep(0.2)

    assert service.delivery.typing == shown


async def test_an_answer_does_not_depend_on_the_sign(service: Any, event_of: Any) -> None:
    portal = await service.portal()
    await service.ingest(event_of(portal))
    service.delivery.failures = 1  # the sign is refused; so is the first hand-over

    await service.respond()
    service.clock.advance(3.1)
    await service.respond()

    assert len({one.id for one in service.handed(portal)}) == 1
