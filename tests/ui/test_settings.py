"""The settings card of the app's main page."""

from typing import Any

import pytest
from playwright.async_api import expect

from tests.ui.product import Failure, Product
from tests.ui.visit import Visit, Visitors

SETTINGS = "/v1/portal/settings"
LANGUAGE, EVENTS = "Язык первых слов бота", "Как бот узнаёт о вопросах"
FETCH = "Спрашивать портал каждые несколько секунд"


def saved(product: Product) -> list[Any]:
    return [body for method, path, body in product.calls if (method, path) == ("PUT", SETTINGS)]


def choice(visit: Visit, group: str, name: str) -> Any:
    return visit.app.get_by_role("radiogroup", name=group).get_by_role("radio", name=name)


async def test_each_setting_is_saved_as_it_is_chosen_and_leaves_the_other(
    visitors: Visitors, product: Product, portal: dict[str, Any]
) -> None:
    visit = await visitors.open(portal)
    card = visit.app.get_by_role("region", name="Настройки")
    await expect(choice(visit, LANGUAGE, "Русский")).to_be_checked()
    await expect(card).to_contain_text("ответ может прийти на полминуты позже")

    await choice(visit, LANGUAGE, "English").check()
    await expect(card.get_by_text("Сохранено")).to_have_count(1)
    await choice(visit, EVENTS, FETCH).check()
    await expect(card.get_by_text("Сохранено")).to_have_count(2)

    assert saved(product) == [{"language": "en"}, {"event_mode": "fetch"}]
    assert product.settings == {"language": "en", "event_mode": "fetch"}


async def test_a_portal_whose_language_nobody_chose_says_so(
    visitors: Visitors, product: Product, portal: dict[str, Any]
) -> None:
    product.settings["language"] = None
    visit = await visitors.open(portal)

    await expect(visit.app.get_by_text("бот здоровается на языке портала")).to_be_visible()
    for name in ("Русский", "English"):
        await expect(choice(visit, LANGUAGE, name)).not_to_be_checked()


async def test_a_classic_bot_cannot_be_asked_and_the_setting_stays(
    visitors: Visitors, product: Product, portal: dict[str, Any]
) -> None:
    visitors.expected.add("status of 409")
    visit = await visitors.open(portal)
    await expect(choice(visit, EVENTS, FETCH)).to_be_visible()
    product.failures[SETTINGS] = [Failure(409, "fetch_needs_bots_v2")]

    await choice(visit, EVENTS, FETCH).click()

    alert = visit.app.get_by_role("alert")
    await expect(alert).to_contain_text("портал с ботом нового поколения")
    await expect(alert).to_contain_text("01J0TRACE")
    await expect(alert.get_by_role("button", name="Повторить")).to_have_count(0)
    await expect(choice(visit, EVENTS, "Портал сообщает сам")).to_be_checked()


async def test_a_save_that_fails_in_passing_is_repeated(
    visitors: Visitors, product: Product, portal: dict[str, Any]
) -> None:
    visitors.expected.add("status of 503")
    visit = await visitors.open(portal)
    await expect(choice(visit, LANGUAGE, "English")).to_be_visible()
    product.failures[SETTINGS] = [Failure(503, "unavailable")]

    await choice(visit, LANGUAGE, "English").click()
    await visit.app.get_by_role("alert").get_by_role("button", name="Повторить", exact=True).click()

    await expect(choice(visit, LANGUAGE, "English")).to_be_checked()
    await expect(visit.app.get_by_role("alert")).to_have_count(0)
    assert product.settings["language"] == "en"


@pytest.mark.parametrize("lang", ["ru", "en"])
async def test_a_refusal_fits_and_is_accessible(
    visitors: Visitors, product: Product, portal: dict[str, Any], lang: str
) -> None:
    visitors.expected.add("status of 409")
    product.lang = lang
    visit = await visitors.open(portal, width=375)
    last = (
        visit.app.get_by_role("region", name={"ru": "Настройки", "en": "Settings"}[lang]).get_by_role("radio").last
    )
    await expect(last).to_be_visible()
    product.failures[SETTINGS] = [Failure(409, "fetch_needs_bots_v2")]

    await last.click()
    await expect(visit.app.get_by_role("alert")).to_be_visible()

    assert (await visit.axe(), await visit.overflow()) == ([], 0)
