"""The bot as a person meets it in the simulator's messenger: typing sign, answer, buttons, reactions."""

import asyncio
from typing import Any

import pytest
from playwright.async_api import expect

from tests.e2e.product import Product, eventually
from tests.ui.visit import HAS_CHROMIUM, chromium

NOTIFY = "imbot.v2.chat.inputaction.notify"
SEND = "imbot.v2.chat.message.send"


@pytest.mark.skipif(not HAS_CHROMIUM, reason="no chromium here")
async def test_a_person_sees_the_bot_at_work_its_answer_and_its_buttons(product: Product) -> None:
    portal = await product.portal(users_count=3)
    await product.install(portal, [1, 2])
    faults = f"{product.sim_url}/control/portals/{portal['member_id']}/faults"
    slow = {"kind": "slow", "method": "imbot.v2.Chat.Message.send", "delay_ms": 1500}
    async with chromium() as context:
        page = await context.new_page()
        mistakes: list[str] = []
        page.on("pageerror", lambda error: mistakes.append(str(error)))
        await page.goto(f"{product.sim_url}/?portal={portal['member_id']}&user=2")
        await expect(page.locator(".message").last).to_contain_text("Teachbase AI")

        (await product.http.put(faults, json=[slow])).raise_for_status()
        await page.fill("#text", "Как оформить отпуск?")
        await page.keyboard.press("Enter")
        await expect(page.locator("#bot-state")).to_have_text("ищет…")
        await expect(page.locator(".message").last).to_contain_text("нет ни одного документа")
        await expect(page.locator("#bot-state")).not_to_have_text("ищет…")

        (await product.http.put(faults, json=[])).raise_for_status()
        await page.get_by_role("button", name="Что ты умеешь?").first.click()
        await expect(page.locator(".message").last).to_contain_text("Отвечаю на вопросы по базе знаний")
        await page.screenshot(path=product.run_dir / "messenger.png")
    assert mistakes == []


async def test_the_sign_comes_before_the_answer_and_not_for_what_needs_no_search(product: Product) -> None:
    portal = await product.portal(users_count=3)
    await product.install(portal, [1])

    for text in ("ping", "/help"):
        await _ask(product, portal, text)
    before = (await _methods(product, portal)).count(NOTIFY)

    async def is_shown() -> bool:
        # Right after the install the portal's budget is in use, and the sign is not worth a part of it.
        await asyncio.sleep(2)
        await _ask(product, portal, "Как оформить отпуск?")
        return NOTIFY in await _methods(product, portal)

    await eventually(is_shown, seconds=30)
    calls = await _methods(product, portal)
    assert before == 0
    assert calls[-2:] == [NOTIFY, SEND]


async def _ask(product: Product, portal: dict[str, Any], text: str) -> None:
    asked = await product.write(portal, 1, text)
    await eventually(lambda: _is_answered(product, portal, asked))


async def _is_answered(product: Product, portal: dict[str, Any], asked: int) -> bool:
    return any(one["from_bot"] and one["id"] > asked for one in await product.visible(portal, "1"))


async def _methods(product: Product, portal: dict[str, Any]) -> list[str]:
    """The methods the portal was asked for, oldest first."""
    log = await product.sim("GET", f"/portals/{portal['member_id']}/requests")
    return [line["method"] for line in log["items"]]
