"""The page for people, in a real browser where one is installed."""

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page, Route, async_playwright, expect

from b24sim.testing import Sim
from bitrix import phpform

CHROMIUM = Path("/usr/bin/chromium")
needs_browser = pytest.mark.skipif(not CHROMIUM.exists(), reason="no chromium here")
SEND = "imbot.v2.Chat.Message.send"
HOSTILE = (
    "[b]жирно[/b] [i]и[/i] <img src=x onerror=alert(1)> [url=javascript:alert(1)]нет[/url] "
    "[url=https://lms.example.test/c/118]Открыть[/url] [send=/hack]опасно[/send] [b]не закрыто\n>>цитата\n"
    "[code][b]как есть[/b][/code]"
)


@pytest.fixture
async def page() -> AsyncIterator[Page]:
    """A fresh browser page that must end without an error on its console."""
    mistakes: list[str] = []
    async with async_playwright() as playwright:
        flags = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=flags)
        fresh = await browser.new_page()
        fresh.on("pageerror", lambda error: mistakes.append(str(error)))
        fresh.on("console", lambda line: mistakes.append(line.text) if line.type == "error" else None)
        yield fresh
        await browser.close()
    assert mistakes == []


@pytest.fixture
async def portal(sim: Sim, product: Any) -> dict[str, Any]:
    made = await sim.portal(domain="romashka-demo.bitrix24.ru", installed=True, limits="off")
    await sim.bot(made, f"{product.url}/events")
    yes = {"command": "yes", "hidden": True}
    await sim.result(made, "imbot.v2.Command.register", botId=812, fields=yes)
    return made


async def test_the_shell_speaks_two_languages_and_holds_no_inline_script(sim: Sim) -> None:
    russian, english = await sim.http.get("/"), await sim.http.get("/?lang=en")

    assert '<html lang="ru">' in russian.text
    assert "Установить приложение" in russian.text
    assert "Install the app" in english.text
    assert "default-src 'self'" in russian.headers["content-security-policy"]
    for name in ("page.js", "panel.js", "frame.js", "bx24.js", "bbcode.js", "dom.js", "page.css", "icon.svg"):
        assert (await sim.http.get(f"/static/{name}")).status_code == 200


async def test_the_state_answers_as_soon_as_it_changes(sim: Sim, portal: dict[str, Any]) -> None:
    path = f"/page/state/{portal['member_id']}"
    first = (await sim.http.get(path, params={"user_id": 2})).json()

    await sim.result(portal, SEND, botId=812, dialogId="2", fields={"message": "Привет"})
    second = (await sim.http.get(path, params={"user_id": 2, "version": first["version"]})).json()

    assert (first["messages"], [item["text"] for item in second["messages"]]) == ([], ["Привет"])


@needs_browser
async def test_a_newcomer_creates_a_portal_installs_and_asks(sim: Sim, page: Page, product: Any) -> None:
    await page.goto(sim.url)
    await page.fill("#portal-name", "Ромашка")
    await page.keyboard.press("Enter")
    await expect(page.locator("#portals")).to_contain_text("romashka.bitrix24.ru")
    await page.locator("#employees input").first.uncheck()
    (made,) = (await sim.control("GET", "/portals"))["items"]
    await sim.bot({**made, "admin": await admin_of(sim, made)}, f"{product.url}/events")
    await page.click("#install")

    await page.locator("#employees button").nth(1).click()
    await page.fill("#text", "Как оформить отпуск?")
    await page.keyboard.press("Enter")

    await expect(page.locator(".message.mine")).to_contain_text("Как оформить отпуск?")
    assert product.posts[1]["selected_user_ids"] == list(range(2, 13))
    bodies = [phpform.decode(body).fields["event"] for body in await product.heard(2)]
    assert bodies == ["ONIMBOTV2JOINCHAT", "ONIMBOTV2MESSAGEADD"]


@needs_browser
async def test_bb_codes_are_shown_and_everything_else_is_text(
    sim: Sim, page: Page, portal: dict[str, Any]
) -> None:
    await sim.result(portal, SEND, botId=812, dialogId="2", fields={"message": HOSTILE})
    await page.goto(f"{sim.url}/?portal={portal['member_id']}&user=2")

    text = page.locator(".text")
    await expect(text.locator("strong")).to_have_text("жирно")
    await expect(text.locator("blockquote")).to_have_text("цитата")
    await expect(text.locator("code")).to_have_text("[b]как есть[/b]")
    await expect(text.locator("a[href]")).to_have_attribute("href", "https://lms.example.test/c/118")
    await expect(text.locator("img, script")).to_have_count(0)
    for literal in ("<img src=x onerror=alert(1)>", "[send=/hack]опасно[/send]", "[b]не закрыто"):
        await expect(text).to_contain_text(literal)


@needs_browser
async def test_typing_and_buttons(sim: Sim, page: Page, portal: dict[str, Any], product: Any) -> None:
    await page.goto(f"{sim.url}/?portal={portal['member_id']}&user=2")
    typing = {"botId": 812, "dialogId": "2", "statusMessageCode": "IMBOT_AGENT_ACTION_SEARCHING"}
    await sim.result(portal, "imbot.v2.Chat.InputAction.notify", **typing)
    await expect(page.locator("#bot-state")).to_have_text("ищет…")

    button = {"TEXT": "Да", "COMMAND": "yes", "COMMAND_PARAMS": "1"}
    fields = {"message": "Помочь?", "keyboard": [button]}
    await sim.result(portal, SEND, botId=812, dialogId="2", fields=fields)
    await page.locator(".keyboard button").click()

    (body,) = await product.heard(1)
    assert phpform.decode(body).fields["event"] == "ONIMBOTV2COMMANDADD"
    await expect(page.locator(".dots")).to_have_count(0)


async def admin_of(sim: Sim, portal: dict[str, Any]) -> dict[str, Any]:
    opened = await sim.control("POST", f"/portals/{portal['member_id']}/open", {"user_id": 1})
    return {"access_token": opened["form"]["AUTH_ID"]}


@needs_browser
async def test_the_app_opens_in_its_frame_and_talks_to_the_portal(sim: Sim, page: Page, product: Any) -> None:
    made = await sim.portal(domain="romashka.bitrix24.ru")
    await page.goto(f"{sim.url}/?portal={made['member_id']}")
    await page.click("#open-app")
    frame = page.frame_locator("#frame")

    said = await frame.locator("#said").filter(has_text=made["member_id"]).text_content()
    await frame.locator("#pick").click()
    for place in (1, 3):
        await page.locator("#picker-list input").nth(place).check()
    await page.click("#picker-done")
    await expect(frame.locator("#picked")).to_have_text("2 4")
    await frame.locator("#fresh").click()
    await expect(frame.locator("#picked")).not_to_have_text("2 4")
    await frame.locator("#tall").click()
    await expect(page.locator("#frame")).to_have_attribute("style", re.compile("height: 30"))
    await frame.locator("#finish").click()
    await expect(page.locator("#portal-state")).to_have_text("установлено")
    await expect(frame.locator("#said")).not_to_have_text(said or "")  # the main page, with fresh tokens

    opened = [(post["path"], post["PLACEMENT"], post["member_id"]) for post in product.posts]
    paths = ("/v1/bitrix/install", "/v1/bitrix/handler")
    assert opened == [(path, "DEFAULT", made["member_id"]) for path in paths]
    assert said is not None
    assert said.split()[1:] == [product.posts[0]["AUTH_ID"], "true", "ru", "romashka.bitrix24.ru"]
    await page.keyboard.press("Escape")
    await expect(page.locator("#app")).to_be_hidden()


@needs_browser
async def test_who_is_no_administrator_is_told_that_the_app_is_not_finished(
    sim: Sim, page: Page, product: Any
) -> None:
    made = await sim.portal()
    await page.goto(f"{sim.url}/?portal={made['member_id']}&user=2")

    await page.click("#open-app")

    await expect(page.locator(".notice")).to_contain_text("не установлено до конца")
    assert product.posts == []


@needs_browser
async def test_an_installed_app_opens_its_main_page_however_late_the_state_comes(
    sim: Sim, page: Page, portal: dict[str, Any], product: Any
) -> None:
    async def late(route: Route) -> None:
        await asyncio.sleep(1)
        await route.continue_()

    await page.route("**/page/state/**", late)
    await page.goto(f"{sim.url}/?portal={portal['member_id']}&user=1")

    await page.click("#open-app")

    await expect(page.frame_locator("#frame").locator("#said")).to_contain_text(portal["member_id"])
    assert [post["path"] for post in product.posts] == ["/v1/bitrix/handler"]
