"""The typing sign, and buttons as Bitrix24 takes them."""

import asyncio
from typing import Any

import grpc
import pytest

from teachbase.delivery.v1 import delivery_pb2 as pb

NOTIFY = "imbot.v2.Chat.InputAction.notify"
BUTTON = pb.Button(text="Что ты умеешь?", command="help")


async def show(service: Any, *dialogs: tuple[Any, str]) -> None:
    named = [pb.ProviderDialog(portal_id=str(portal.id), provider_dialog_id=one) for portal, one in dialogs]
    await service.stub.ShowTyping(pb.ShowTypingRequest(dialogs=named))
    await asyncio.sleep(0.3)


async def shown(service: Any, portal: Any) -> list[str]:
    """Dialogs whose sign the portal was asked to show."""
    log = await service.sim.control("GET", f"/portals/{portal.sim['member_id']}/requests")
    asked = [line for line in log["items"] if line["method"].lower() == NOTIFY.lower()]
    return [str(line["status"]) for line in asked]


async def test_the_sign_is_shown_at_once_in_each_dialog(service: Any) -> None:
    portal = await service.portal()

    await show(service, (portal, "2"), (portal, "3"))

    assert await shown(service, portal) == ["200", "200"]


async def test_the_sign_costs_a_portal_nothing_that_its_replies_need(service: Any, message_of: Any) -> None:
    portal = await service.portal()
    await service.fill(portal, 0.35)

    await show(service, (portal, "2"))
    await service.enqueue(message_of(portal, "ответ"))
    await service.work()

    assert await shown(service, portal) == []
    assert await service.seen(portal) == ["ответ"]


async def test_a_sign_that_is_refused_is_not_repeated_and_harms_nobody(service: Any, message_of: Any) -> None:
    portal = await service.portal()
    await service.break_it(portal, "http_502_html", method=NOTIFY)

    await show(service, (portal, "2"), (portal, "404"))
    await service.enqueue(message_of(portal, "ответ"))
    await service.work()

    assert len(await shown(service, portal)) == 2
    assert await service.seen(portal) == ["ответ"]


async def test_a_message_shows_its_buttons(service: Any, message_of: Any) -> None:
    portal = await service.portal()
    message = message_of(portal, "Здравствуйте!")
    message.buttons.append(BUTTON)

    await service.enqueue(message)
    await service.work()

    (one,) = await service.sim.seen(portal.sim, dialog_id="2")
    assert one["keyboard"] == [{"TEXT": "Что ты умеешь?", "COMMAND": "help", "DISPLAY": "LINE"}]


async def test_a_message_whose_buttons_are_refused_goes_without_them(service: Any, message_of: Any) -> None:
    portal = await service.portal()
    message = message_of(portal, "Здравствуйте!")
    message.buttons.append(BUTTON)
    await service.break_it(portal, "keyboard_refused")

    await service.enqueue(message)
    await service.work()

    assert await service.seen(portal) == ["Здравствуйте!"]
    assert len(await service.attempts(message)) == 1


async def test_a_quick_reply_says_what_it_shows_for_who_presses_it(service: Any, message_of: Any) -> None:
    portal = await service.portal()
    message = message_of(portal, "Может быть, вы искали это?")
    message.buttons.append(pb.Button(text="Отпуск", say="Как оформить отпуск?"))
    message.buttons.append(pb.Button(text="Полезно", command="help", params="k7Qm2"))
    await service.enqueue(message)
    await service.work()
    (one,) = await service.sim.seen(portal.sim, dialog_id="2")

    pressed = await service.sim.control(
        "POST",
        f"/portals/{portal.sim['member_id']}/buttons",
        {"user_id": 2, "message_id": one["id"], "index": 0},
    )

    assert pressed["pressed"] == "send"
    said = [line["text"] for line in await service.sim.seen(portal.sim, dialog_id="2") if not line["from_bot"]]
    assert said == ["Как оформить отпуск?"]
    assert one["keyboard"][1] == {
        "TEXT": "Полезно",
        "COMMAND": "help",
        "COMMAND_PARAMS": "k7Qm2",
        "DISPLAY": "LINE",
    }


async def test_a_button_does_something_or_is_refused(service: Any, message_of: Any) -> None:
    portal = await service.portal()
    message = message_of(portal, "Здравствуйте!")
    message.buttons.append(pb.Button(text="Никуда"))

    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await service.enqueue(message)

    assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT


async def test_under_load_the_sign_gives_way_and_every_reply_arrives(service: Any, message_of: Any) -> None:
    """As many signs as messages, on a portal whose budget is nearly used up: replies take what there is."""
    portal = await service.portal()
    await service.fill(portal, 0.4)  # of 100, by the clock of Redis: sixty requests are left
    users = [str(user) for user in (2, 3, 4, 5)]
    messages = [message_of(portal, f"ответ {number}", users[number % 4]) for number in range(40)]

    for start in range(0, 40, 4):  # four at a time travel each in a request of its own
        await show(service, *((portal, user) for user in users))
        await service.enqueue(*messages[start : start + 4])
        await service.work()

    assert await shown(service, portal) == []
    assert [len(await service.seen(portal, user)) for user in users] == [10] * 4
    assert {(await service.item(one)).attempts for one in messages} == {1}
