"""How the bot answers, and the questions that need an administrator: the app's main page, the whole product."""

from typing import Any

import pytest
from playwright.async_api import Locator, expect

from tests.e2e.product import Product, eventually
from tests.ui.test_knowledge import RULES, ask, choose, installed, row, text_file
from tests.ui.visit import Visit, Visitors

UNKNOWN = "Кто выиграл чемпионат мира по шахматам?"
QUESTION = "Сколько дней отпуск?"


def card(visit: Visit) -> Locator:
    return visit.app.get_by_role("region", name="Вопросы, которым нужны вы")


async def tab(visit: Visit, name: str) -> Locator:
    await card(visit).get_by_role("tab", name=name).click()
    return card(visit).get_by_role("tabpanel", name=name)


async def asked_in_vain(running: Product, guests: Visitors, question: str = UNKNOWN) -> dict[str, Any]:
    """A portal with a document, where an employee was told that there is no answer."""
    portal = await installed(running, guests)
    visit = await guests.open(portal)
    await choose(visit, text_file("Отпуска.md", RULES))
    await expect(row(visit, "Отпуска.md")).to_contain_text("Готов")
    async with running.connected():
        await running.write(portal, 2, question)

        async def told() -> bool:
            return any("нет ответа" in one["text"] for one in await running.visible(portal, "2"))

        await eventually(told, what="the honest no")
    return portal


async def test_a_question_without_an_answer_gets_one_in_two_clicks(running: Product, guests: Visitors) -> None:
    portal = await asked_in_vain(running, guests)
    visit = await guests.open(portal)
    panel = await tab(visit, "Без ответа")
    await expect(panel.get_by_role("listitem")).to_contain_text(UNKNOWN)

    await panel.get_by_role("button", name="Написать ответ").click()
    await panel.get_by_role("textbox", name="Ответ").fill("Спросите в **клубе**: комната 12.")
    await panel.get_by_role("button", name="Сохранить").click()
    await expect(panel.get_by_text("Вопросов без ответа нет")).to_be_visible()

    await ask(visit, UNKNOWN)
    answer = visit.app.get_by_role("region", name="Ответ", exact=True)
    await expect(answer).to_contain_text("комната 12")
    async with running.connected():
        await running.write(portal, 2, UNKNOWN)

        async def said() -> bool:
            return any("[b]клубе[/b]: комната 12" in one["text"] for one in await running.visible(portal, "2"))

        await eventually(said, what="the answer written by hand")


async def test_an_answer_of_ones_own_is_changed_and_deleted(running: Product, guests: Visitors) -> None:
    visit = await guests.open(await installed(running, guests))
    panel = await tab(visit, "Свои ответы")
    await panel.get_by_role("button", name="Написать свой ответ").click()
    await panel.get_by_role("textbox", name="Вопрос").fill("Где парковка?")
    await panel.get_by_role("textbox", name="Ответ").fill("Во дворе.")
    await panel.get_by_role("button", name="Сохранить").click()
    mine = panel.get_by_role("listitem").filter(has_text="Где парковка?")
    await expect(mine).to_contain_text("Во дворе.")

    await mine.get_by_role("button", name="Изменить").click()
    await panel.get_by_role("listitem").get_by_role("textbox", name="Ответ").fill("За домом.")
    await panel.get_by_role("button", name="Сохранить").click()
    await expect(mine).to_contain_text("За домом.")
    await mine.get_by_role("button", name="Удалить").click()

    await expect(panel.get_by_text("Пока ничего не написано")).to_be_visible()


async def test_a_watched_question_shows_that_its_answer_changed(running: Product, guests: Visitors) -> None:
    visit = await guests.open(await installed(running, guests))
    await choose(visit, text_file("Отпуска.md", RULES))
    await expect(row(visit, "Отпуска.md")).to_contain_text("Готов")
    panel = await tab(visit, "Контрольные")
    await panel.get_by_role("textbox", name="Контрольный вопрос").fill(QUESTION)
    await panel.get_by_role("button", name="Добавить").click()
    watched = panel.get_by_role("listitem").filter(has_text=QUESTION)
    await expect(watched).to_contain_text("28 календарных дней")

    await row(visit, "Отпуска.md").get_by_role("button").first.click()
    await row(visit, "Отпуска.md").get_by_role("button", name="Удалить").click()
    await row(visit, "Отпуска.md").get_by_role("button", name="Удалить").click()
    await expect(row(visit, "Отпуска.md")).to_have_count(0)

    async def changed() -> bool:
        await tab(visit, "Без ответа")
        await tab(visit, "Контрольные")
        await visit.page.wait_for_timeout(500)
        return await watched.get_by_text("Было верно").count() == 1

    await visit.page.wait_for_timeout(10_000)  # the list is believed for as long
    await eventually(changed, 20, "the change")
    await expect(watched).to_contain_text("Отвечает сейчас")
    await watched.get_by_role("button", name="Так верно").click()
    await expect(watched.get_by_text("Было верно")).to_have_count(0)


async def test_each_way_of_answering_is_saved_as_it_is_chosen(running: Product, guests: Visitors) -> None:
    portal = await installed(running, guests)
    visit = await guests.open(portal)
    settings = visit.app.get_by_role("region", name="Как отвечает бот")
    await expect(settings.get_by_label("Строгость")).to_have_value("")
    await expect(settings.get_by_label("Строгость")).to_contain_text("Взвешенно (по умолчанию)")

    await settings.get_by_label("Строгость").select_option("Строго: лучше промолчать")
    await expect(settings.get_by_text("Сохранено")).to_be_visible()
    await settings.get_by_label("Поиск по смыслу").select_option("Включён: встроенная модель")
    await expect(settings.get_by_text("Сохранено")).to_be_visible()
    again = await guests.open(portal)

    kept = again.app.get_by_role("region", name="Как отвечает бот")
    await expect(kept.get_by_label("Строгость")).to_have_value("strict")
    await expect(kept.get_by_label("Поиск по смыслу")).to_have_value("local")
    await expect(kept.get_by_label("Тон")).to_have_count(0)


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (375, "dark")])
async def test_it_can_be_used_by_everybody(running: Product, guests: Visitors, width: int, scheme: Any) -> None:
    visit = await guests.open(await asked_in_vain(running, guests), width=width, scheme=scheme)
    panel = await tab(visit, "Без ответа")
    await panel.get_by_role("button", name="Написать ответ").click()
    await expect(panel.get_by_role("textbox", name="Ответ")).to_be_focused()

    assert (await visit.axe(), await visit.overflow()) == ([], 0)
    await visit.page.keyboard.press("Escape")
    await expect(panel.get_by_role("textbox", name="Ответ")).to_have_count(0)
    for name in ("Плохие оценки", "Свои ответы", "Контрольные"):
        await tab(visit, name)
        assert await visit.axe() == []
