"""The app's main page in the portal's frame: an administrator's and an employee's."""

from typing import Any

import pytest
from playwright.async_api import expect

from tests.ui.product import Failure, Product
from tests.ui.visit import Scheme, Visitors, violations

ALLOWED = "/v1/portal/allowed-users"
PAPER: list[tuple[int, Scheme]] = [(320, "light"), (360, "dark"), (768, "light"), (1280, "dark"), (1600, "light")]


async def test_who_may_talk_is_changed_saved_and_welcomed(
    visitors: Visitors, product: Product, portal: dict[str, Any]
) -> None:
    visit = await visitors.open(portal)
    save = visit.app.get_by_role("button", name="Сохранить")
    await expect(save).to_be_disabled()

    await visit.option("Дарья Попова").click()
    await expect(visit.app.get_by_text("Есть несохранённые изменения")).to_be_visible()
    await save.click()

    await expect(visit.app.get_by_text("Сохранено.")).to_be_visible()
    await expect(visit.app.get_by_text("Приветствие получил 1 сотрудник")).to_be_visible()
    bodies = [body for method, path, body in product.calls if (method, path) == ("PUT", ALLOWED)]
    assert bodies == [{"mode": "list", "user_ids": [1, 2, 3, 4], "department_ids": []}]


async def test_unsaved_changes_are_asked_about_and_can_be_discarded(
    visitors: Visitors, product: Product, portal: dict[str, Any]
) -> None:
    visit = await visitors.open(portal)
    unsaved = "(() => { const e = new Event('beforeunload', {cancelable: true}); return !dispatchEvent(e); })()"

    await visit.app.get_by_label("Все сотрудники").check()
    await expect(visit.app.get_by_role("combobox", name="Поиск сотрудников")).to_be_hidden()
    assert await visit.frame.evaluate(unsaved)
    await visit.app.get_by_role("button", name="Отменить изменения").click()

    await expect(visit.app.get_by_label("Выбранные сотрудники")).to_be_checked()
    assert not await visit.frame.evaluate(unsaved)
    assert product.mode == "list"


async def test_a_save_that_fails_keeps_the_changes(
    visitors: Visitors, product: Product, portal: dict[str, Any]
) -> None:
    visitors.expected.add("status of 503")
    visit = await visitors.open(portal)
    await visit.app.get_by_label("Все сотрудники").check()
    product.failures[ALLOWED] = [Failure(503, "unavailable")]

    await visit.app.get_by_role("button", name="Сохранить").click()
    await visit.app.get_by_role("alert").get_by_role("button", name="Повторить", exact=True).click()

    await expect(visit.app.get_by_text("Сохранено.")).to_be_visible()
    assert product.mode == "all"


async def test_a_bot_that_is_missing_is_set_up_again(
    visitors: Visitors, product: Product, portal: dict[str, Any]
) -> None:
    product.bot = {"id": 0, "status": "missing", "error_code": None}
    visit = await visitors.open(portal)

    await expect(visit.app.get_by_role("heading", name="На портале нет бота")).to_be_visible()
    await visit.app.get_by_role("button", name="Настроить заново").click()

    await expect(visit.app.get_by_role("heading", name="Бот работает")).to_be_visible()
    await expect(visit.app.get_by_text("всё, что нужно боту, на месте")).to_be_visible()


async def test_an_administrator_is_told_why_the_portal_is_suspended_and_an_employee_is_not(
    visitors: Visitors, product: Product, portal: dict[str, Any]
) -> None:
    product.status, product.suspended_reason = "suspended", "Счёт № 41 не оплачен"

    admin, employee = await visitors.open(portal), await visitors.open(portal, user_id=2)

    await expect(admin.app.get_by_role("heading", name="Бот приостановлен")).to_be_visible()
    await expect(admin.app.get_by_text("Причина: Счёт № 41 не оплачен")).to_be_visible()
    await expect(admin.app.get_by_role("button", name="Настроить заново")).to_have_count(0)
    await expect(employee.app.get_by_role("heading", name="Ассистент пока отдыхает")).to_be_visible()
    await expect(employee.app.get_by_text("Счёт")).to_have_count(0)


@pytest.mark.parametrize(("api", "lines"), [("v1", 1), ("v2", 0)])
async def test_an_administrator_of_a_classic_bot_is_warned_of_repeats(
    visitors: Visitors, product: Product, portal: dict[str, Any], api: str, lines: int
) -> None:
    product.bot["api"] = api

    visit = await visitors.open(portal)

    await expect(visit.app.get_by_role("heading", name="Бот работает")).to_be_visible()
    await expect(visit.app.get_by_text("изредка ответ может прийти дважды")).to_have_count(lines)


async def test_the_usage_of_the_month_is_shown_as_bars(visitors: Visitors, portal: dict[str, Any]) -> None:
    visit = await visitors.open(portal)

    bar = visit.app.get_by_role("progressbar", name="Ответы")
    await expect(bar).to_have_attribute("aria-valuenow", "81.2")
    await expect(visit.app.get_by_text("812 из 1 000")).to_be_visible()
    await expect(visit.app.get_by_text("14, без ограничения")).to_be_visible()


@pytest.mark.parametrize(
    ("status", "ends_at", "said"),
    [
        ("grace", "2026-10-05T00:00:00Z", "Бот пока отвечает: оплатите тариф"),
        ("suspended", None, "Бот не отвечает. Оплатите тариф"),
    ],
)
async def test_where_a_subscription_stands_and_what_to_do_is_said(
    visitors: Visitors, product: Product, portal: dict[str, Any], status: str, ends_at: str | None, said: str
) -> None:
    product.plan |= {"status": status, "ends_at": ends_at}

    visit = await visitors.open(portal)

    await expect(visit.app.get_by_text(said)).to_be_visible()
    await expect(visit.app.get_by_text("Тариф: Старт")).to_be_visible()
    assert await violations(visit.frame) == []


async def test_an_employee_sees_how_to_write_to_the_bot_and_no_settings(
    visitors: Visitors, product: Product, portal: dict[str, Any]
) -> None:
    visit = await visitors.open(portal, user_id=2)

    await expect(visit.app.get_by_role("heading", name="Здравствуйте, Вера!")).to_be_visible()
    await expect(visit.app.get_by_role("heading", name="Ассистент готов помочь")).to_be_visible()
    await expect(visit.app.get_by_role("heading", name="Ваш расход за месяц")).to_be_visible()
    await expect(visit.app.get_by_role("button")).to_have_text(["Спросить"])
    assert not product.called(ALLOWED)


async def test_an_employee_who_is_not_chosen_is_told_whom_to_ask(
    visitors: Visitors, portal: dict[str, Any]
) -> None:
    visit = await visitors.open(portal, user_id=5)

    await expect(visit.app.get_by_role("heading", name="Ассистент вам пока не открыт")).to_be_visible()
    await expect(visit.app.get_by_role("alert")).to_have_count(0)


async def test_a_portal_that_is_not_set_up_is_explained_and_its_administrator_gets_the_wizard(
    visitors: Visitors, product: Product, portal: dict[str, Any]
) -> None:
    product.status = "installing"
    employee = await visitors.open(portal, user_id=2)
    await expect(employee.app.get_by_text("Teachbase AI ещё не настроен")).to_be_visible()

    admin = await visitors.open(portal)
    await admin.go_on_without_documents()

    await expect(admin.app.get_by_role("heading", name="Бот работает")).to_be_visible()
    await employee.app.get_by_role("button", name="Проверить ещё раз").click()
    await expect(employee.app.get_by_role("heading", name="Ассистент готов помочь")).to_be_visible()


async def test_a_part_that_does_not_load_says_so_and_the_rest_works(
    visitors: Visitors, product: Product, portal: dict[str, Any]
) -> None:
    visitors.expected.add("status of 403")
    product.failures["/v1/portal/usage"] = [Failure(403, "forbidden")]
    visit = await visitors.open(portal)

    await expect(visit.app.get_by_role("alert")).to_contain_text("На это нет прав")
    await expect(visit.app.get_by_role("heading", name="Бот работает")).to_be_visible()
    await visit.app.get_by_role("alert").get_by_role("button", name="Повторить", exact=True).click()

    await expect(visit.app.get_by_role("progressbar", name="Ответы")).to_be_visible()


async def test_the_frame_is_as_high_as_its_content(visitors: Visitors, portal: dict[str, Any]) -> None:
    visit = await visitors.open(portal, width=768)  # in one column: what is beside does not hold the page open
    frame = visit.page.locator("#frame")
    await expect(visit.option().first).to_be_visible()
    await visit.page.wait_for_timeout(300)
    tall = await frame.evaluate("it => it.offsetHeight")

    await visit.app.get_by_label("Все сотрудники").check()
    await visit.page.wait_for_timeout(300)
    low = await frame.evaluate("it => it.offsetHeight")

    height = int(await visit.frame.evaluate("document.body.scrollHeight"))
    assert (low, tall > low) == (height, True)


@pytest.mark.parametrize(("lang", "user_id"), [("ru", 1), ("en", 2)])
async def test_it_fits_and_is_accessible(
    visitors: Visitors, product: Product, portal: dict[str, Any], lang: str, user_id: int
) -> None:
    product.lang = lang
    visit = await visitors.open(portal, user_id)
    names = {"en": "How to write to the bot", "ru": "Как написать боту"}
    await expect(visit.app.get_by_role("heading", name=names[lang])).to_be_visible()
    await expect(visit.app.get_by_role("progressbar").first).to_be_visible()

    for width, scheme in PAPER:
        await visit.page.set_viewport_size({"width": width, "height": 900})
        await visit.page.emulate_media(color_scheme=scheme)
        assert (width, scheme, await visit.axe(), await visit.overflow()) == (width, scheme, [], 0)
    assert await visit.frame.evaluate("document.documentElement.lang") == lang


@pytest.mark.parametrize(("width", "scheme", "lang"), [(320, "light", "en"), (1280, "dark", "ru")])
async def test_the_wizard_fits_and_is_accessible_at_every_step(
    visitors: Visitors, product: Product, width: int, scheme: Scheme, lang: str
) -> None:
    visitors.expected.add("status of 429")
    partly = {"status": "partial_fail", "total": 1, "ok": 0, "failed": [1]}
    product.lang, product.provisions = lang, [partly]
    product.failures["/v1/bitrix/install/complete"] = [
        Failure(429, "too_many_attempts", headers={"Retry-After": "1"})
    ]
    visit = await visitors.open(await visitors.portal(), width=width, scheme=scheme)
    again = visit.app.get_by_role("alert").get_by_role("button").nth(1)
    await expect(again).to_be_enabled()
    found = await visit.axe()
    await again.click()

    await visit.option().first.click()
    found += await visit.axe()
    wide = [await visit.overflow()]
    await visit.go_on_without_documents()
    await expect(visit.app.get_by_role("alert")).to_be_visible()
    found += await visit.axe()
    wide.append(await visit.overflow())

    assert found == []
    assert wide == [0, 0]
