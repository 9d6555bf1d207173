"""The typing sign, and buttons as Bitrix24 takes them."""

import asyncio
from typing import Any

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
