"""Who may talk to the bot, by department and for all, in the portal's frame."""

from typing import Any

import pytest
from playwright.async_api import expect

from tests.ui.product import Failure, Product, tree
from tests.ui.visit import Scheme, Visit, Visitors

ALLOWED = "/v1/portal/allowed-users"
DEPARTMENTS = "/v1/portal/departments"


def saved(product: Product) -> list[Any]:
    return [body for method, path, body in product.calls if (method, path) == ("PUT", ALLOWED)]


async def pick_mode(visit: Visit, name: str) -> None:
    await visit.app.get_by_role("radio", name=name).check()


async def test_departments_are_chosen_with_those_within_them_and_saved(
    visitors: Visitors, product: Product, portal: dict[str, Any]
) -> None:
    visit = await visitors.open(portal)
    save = visit.app.get_by_role("button", name="Сохранить")
    await pick_mode(visit, "Отделы")
    await expect(visit.app.get_by_text("отметьте хотя бы один отдел")).to_be_visible()
    await expect(save).to_be_disabled()

    await visit.option("Продажи").first.click()
    within = visit.option("Отдел тёплых звонков")
    await expect(within).to_have_attribute("aria-disabled", "true")
    await expect(within).to_contain_text("Входит в «Продажи»")
    await within.click(force=True)
    await expect(visit.app.get_by_text("1 отдел, с вложенными — 3")).to_be_visible()
    await expect(visit.app.get_by_text("Приветствий по именам здесь не будет")).to_be_visible()
    await save.click()

    await expect(visit.app.get_by_text("Сохранено.")).to_be_visible()
    await expect(visit.app.get_by_text("Приветствие получил")).to_have_count(0)
    assert saved(product) == [{"mode": "departments", "user_ids": [1, 2, 3], "department_ids": [2]}]
    employee = await visitors.open(portal, user_id=4)  # of department 2
    await expect(employee.app.get_by_role("heading", name="Ассистент готов помочь")).to_be_visible()


async def test_the_list_of_employees_tells_who_has_access_by_department(
    visitors: Visitors, product: Product, portal: dict[str, Any]
) -> None:
    product.mode, product.department_ids = "departments", [2]
    visit = await visitors.open(portal)

    await expect(visit.app.get_by_role("radio", name="Отделы")).to_be_checked()
    await expect(visit.app.get_by_role("button", name="Убрать: Продажи")).to_be_visible()
    await pick_mode(visit, "Выбранные сотрудники")

    await expect(visit.option("есть доступ")).to_have_count(8)
    await pick_mode(visit, "Отделы")
    await visit.option("Бухгалтерия").click()
    await visit.app.get_by_role("button", name="Сохранить").click()
    await expect(visit.app.get_by_text("Сохранено.")).to_be_visible()
    assert saved(product)[0]["department_ids"] == [2, 5]


async def test_changing_the_mode_loses_nothing_that_was_chosen_and_saves_nothing_along(
    visitors: Visitors, product: Product, portal: dict[str, Any]
) -> None:
    visit = await visitors.open(portal)
    await visit.option("Дарья Попова").click()
    await pick_mode(visit, "Отделы")
    await visit.option("Склад").click()

    await pick_mode(visit, "Все сотрудники")
    await visit.app.get_by_role("button", name="Сохранить").click()
    await expect(visit.app.get_by_text("Сохранено.")).to_be_visible()
    await pick_mode(visit, "Отделы")
    await expect(visit.app.get_by_role("button", name="Убрать: Склад")).to_be_visible()
    await pick_mode(visit, "Выбранные сотрудники")
    await expect(visit.app.get_by_role("button", name="Убрать: Дарья Попова")).to_be_visible()

    assert saved(product) == [{"mode": "all", "user_ids": [1, 2, 3], "department_ids": []}]


async def test_departments_are_found_and_ticked_by_the_keyboard_alone(
    visitors: Visitors, portal: dict[str, Any]
) -> None:
    visit = await visitors.open(portal)
    await visit.app.get_by_role("radio", name="Выбранные сотрудники").focus()
    await visit.page.keyboard.press("ArrowDown")
    await expect(visit.option("Склад")).to_be_visible()
    search = visit.app.get_by_role("combobox", name="Поиск отделов")
    await visit.page.keyboard.press("Tab")
    await expect(search).to_be_focused()
    await expect(search).to_have_attribute("aria-expanded", "true")

    await search.press_sequentially("теплых")
    await expect(visit.option()).to_have_count(1)
    await expect(visit.option()).to_contain_text("Ромашка › Продажи")
    await search.press("ArrowDown")
    await search.press("Enter")

    await expect(visit.option()).to_have_attribute("aria-selected", "true")
    await expect(visit.app.get_by_role("button", name="Убрать: Отдел тёплых звонков")).to_be_visible()
    await search.fill("нет такого")
    await expect(visit.app.get_by_text("По запросу «нет такого» отделов нет")).to_be_visible()


@pytest.mark.parametrize("count", [60, 5000])
async def test_many_departments_are_all_reached(
    visitors: Visitors, product: Product, portal: dict[str, Any], count: int
) -> None:
    product.departments = tree([(0, "Корень"), *((1 + place % 6, f"Отдел {place}") for place in range(count - 1))])
    visit = await visitors.open(portal)
    await pick_mode(visit, "Отделы")
    rows = visit.option()
    await expect(rows).to_have_count(min(count, 100))

    await rows.last.scroll_into_view_if_needed()
    await expect(rows).to_have_count(min(count, 200))
    await rows.first.click()

    await expect(visit.app.get_by_role("region", name="Выбраны")).to_contain_text(f"вложенными — {count}")
    await visit.app.get_by_role("combobox", name="Поиск отделов").fill(f"отдел {count - 2}")
    await expect(rows).to_have_count(1)
    await expect(rows).to_contain_text("Входит в «")


async def test_departments_that_may_not_be_read_leave_the_other_modes(
    visitors: Visitors, product: Product, portal: dict[str, Any]
) -> None:
    visitors.expected.add("status of 409")
    product.failures[DEPARTMENTS] = [Failure(409, "departments_not_readable", count=9)]
    product.mode, product.department_ids = "departments", [2]
    visit = await visitors.open(portal)

    alert = visit.app.get_by_role("alert")
    await expect(alert).to_contain_text("нет права «Структура компании» (department)")
    await expect(alert).to_contain_text("01J0TRACE")
    await expect(alert.get_by_role("button", name="Повторить")).to_have_count(0)
    await expect(visit.app.get_by_role("button", name="Убрать: Отдел № 2")).to_be_visible()
    await pick_mode(visit, "Все сотрудники")
    await visit.app.get_by_role("button", name="Сохранить").click()

    await expect(visit.app.get_by_text("Сохранено.")).to_be_visible()
    assert len(product.called(DEPARTMENTS)) == 1
    assert product.mode == "all"


async def test_a_portal_without_departments_says_so(
    visitors: Visitors, product: Product, portal: dict[str, Any]
) -> None:
    product.departments = []
    visit = await visitors.open(portal)

    await pick_mode(visit, "Отделы")

    await expect(visit.app.get_by_text("Отделов нет")).to_be_visible()
    await expect(visit.app.get_by_role("button", name="Сохранить")).to_be_disabled()


async def test_a_part_of_the_page_that_does_not_load_opens_the_page_anew(
    visitors: Visitors, portal: dict[str, Any]
) -> None:
    visitors.expected.add("Failed to load resource")
    visit = await visitors.open(portal)
    await expect(visit.option().first).to_be_visible()
    await visit.page.route("**/department-chooser-*.js", lambda route: route.abort())

    await pick_mode(visit, "Отделы")
    await expect(visit.app.get_by_role("alert")).to_contain_text("Часть страницы не загрузилась")
    await visit.page.unroute("**/department-chooser-*.js")
    await visit.app.get_by_role("alert").get_by_role("button", name="Повторить", exact=True).click()

    await pick_mode(visit, "Отделы")
    await expect(visit.option("Склад")).to_be_visible()


@pytest.mark.parametrize(
    ("width", "scheme", "lang"), [(320, "dark", "ru"), (375, "light", "en"), (1280, "light", "ru")]
)
async def test_departments_fit_and_are_accessible(
    visitors: Visitors, product: Product, portal: dict[str, Any], width: int, scheme: Scheme, lang: str
) -> None:
    product.lang = lang
    product.departments = tree(
        [*((depth, "Отдел" + "оченьдлинноеслово" * 9) for depth in range(14)), (0, "Склад")]
    )
    visit = await visitors.open(portal, width=width, scheme=scheme)

    await pick_mode(visit, {"ru": "Отделы", "en": "Departments"}[lang])
    await visit.option().nth(3).click()
    await expect(visit.option().nth(4)).to_have_attribute("aria-disabled", "true")

    assert (await visit.axe(), await visit.overflow()) == ([], 0)
