"""The install wizard in the portal's frame, from the first contact to the app."""

import re
from typing import Any

from playwright.async_api import expect

from tests.e2e.product import Product as RunningProduct
from tests.e2e.product import eventually
from tests.ui.product import Failure, Product
from tests.ui.test_knowledge import QUESTION, RULES, ask, row, text_file
from tests.ui.test_knowledge import choose as upload
from tests.ui.visit import Visit, Visitors

COMPLETE = "/v1/bitrix/install/complete"
FINALIZE = "/v1/bitrix/install/finalize"
SESSION = "/v1/bitrix/session"
PROVISION = "/v1/portal/chats/provision"
USERS = "/v1/portal/users"


async def choose(visit: Visit, *names: str) -> None:
    for name in names:
        await visit.app.get_by_role("option", name=name).first.click()


async def finished(visitors: Visitors, portal: dict[str, Any]) -> bool:
    seen = await visitors.sim.control("GET", f"/portals/{portal['member_id']}")
    return bool(seen["installed"])


async def test_an_administrator_installs_and_lands_in_the_app(visitors: Visitors, product: Product) -> None:
    portal = await visitors.portal()
    visit = await visitors.open(portal)
    await expect(visit.app.get_by_text("Портал подключён, бот готов")).to_be_visible()

    await choose(visit, "Борис Смирнов", "Вера Кузнецова", "Глеб Соколов")
    await visit.app.get_by_role("button", name="Убрать: Вера Кузнецова").click()
    await expect(visit.app.get_by_text("2 сотрудника", exact=True)).to_be_visible()
    await visit.go_on_without_documents()
    await expect(visit.app.get_by_role("heading", name="Всё готово!")).to_be_focused()
    assert not await finished(visitors, portal)
    await expect(visit.app.get_by_role("heading", name="Бот работает")).to_be_visible()

    assert await finished(visitors, portal)
    (complete,) = product.called(COMPLETE)
    assert set(complete) == {"AUTH_ID", "REFRESH_ID", "AUTH_EXPIRES", "DOMAIN", "member_id"}
    assert complete["member_id"] == portal["member_id"]
    assert product.called(FINALIZE) == [{"portal_id": "p1", "selected_user_ids": [1, 3]}]


async def test_a_wizard_left_half_way_begins_with_what_was_chosen_and_uploaded(
    guests: Visitors, running: RunningProduct
) -> None:
    async with running.connected():
        people = [
            {"id": number, "name": name, "last_name": "Орлова", "admin": number == 1}
            for number, name in enumerate(("Анна", "Вера", "Зоя"), 1)
        ]
        portal = await guests.sim.portal(users=people)
        visit = await guests.open(portal)
        await choose(visit, "Анна Орлова", "Вера Орлова")
        await visit.app.get_by_role("button", name="Далее").click()
        await upload(visit, text_file("Отпуска.md", RULES))
        await expect(row(visit, "Отпуска.md")).to_contain_text("Готов")
        await visit.page.close()

        again = await guests.open(portal)
        await expect(again.app.get_by_text("2 сотрудника", exact=True)).to_be_visible()
        await again.app.get_by_role("button", name="Далее").click()
        await expect(row(again, "Отпуска.md")).to_contain_text("Готов")
        await ask(again, QUESTION)
        await expect(again.app.get_by_text("28 календарных дней").first).to_be_visible()
        assert (await again.axe(), await again.overflow()) == ([], 0)
        await again.app.get_by_role("button", name="Завершить настройку").click()
        await expect(again.app.get_by_role("heading", name="Бот работает")).to_be_visible(timeout=30_000)
        told = await running.write(portal, 2, QUESTION)

        async def answered() -> bool:
            shown = await running.visible(portal, "2")
            return any("28 календарных" in one["text"] for one in shown if one["from_bot"] and one["id"] > told)

        await eventually(answered, what="the answer in the messenger")


async def test_a_reopened_wizard_begins_with_what_was_saved(visitors: Visitors, product: Product) -> None:
    portal = await visitors.portal()
    product.allowed = [1, 4]
    first = await visitors.open(portal)
    await expect(first.app.get_by_text("2 сотрудника", exact=True)).to_be_visible()
    await first.page.close()

    again = await visitors.open(portal)

    await expect(again.app.get_by_role("button", name="Убрать: Дарья Попова")).to_be_visible()
    await again.go_on_without_documents()
    await expect(again.app.get_by_role("heading", name="Бот работает")).to_be_visible()
    assert product.called(FINALIZE) == [{"portal_id": "p1", "selected_user_ids": [1, 4]}]


async def test_sixty_employees_are_all_selectable(visitors: Visitors, product: Product) -> None:
    product.reset(people=60)
    visit = await visitors.open(await visitors.portal(60))
    options = visit.app.get_by_role("option")
    await expect(options).to_have_count(50)

    await options.last.scroll_into_view_if_needed()
    await expect(options).to_have_count(60)
    await options.last.click()
    await expect(visit.app.get_by_text("1 сотрудник", exact=True)).to_be_visible()
    await visit.app.get_by_role("button", name="Выбрать всех").click()
    await expect(visit.app.get_by_text("60 сотрудников", exact=True)).to_be_visible()
    await visit.go_on_without_documents()

    await expect(visit.app.get_by_role("heading", name="Бот работает")).to_be_visible()
    (chosen,) = product.called(FINALIZE)
    assert sorted(chosen["selected_user_ids"]) == list(range(1, 61))


async def test_a_search_is_the_servers_and_waits_for_the_typing_to_end(
    visitors: Visitors, product: Product
) -> None:
    product.reset(people=60)
    visit = await visitors.open(await visitors.portal(60))
    search = visit.app.get_by_role("combobox", name="Поиск сотрудников")
    await expect(visit.app.get_by_role("option")).to_have_count(50)

    await search.press_sequentially("лебедев", delay=20)
    await expect(visit.app.get_by_role("option").first).to_contain_text("Лебедев")
    await search.press("ArrowDown")
    await search.press("ArrowDown")
    await search.press("Enter")
    await visit.app.get_by_role("button", name="Выбрать всех найденных").click()

    found = [person["id"] for person in product.people if "Лебедев" in person["last_name"]]
    await expect(visit.app.get_by_role("button", name=re.compile("^Убрать: "))).to_have_count(len(found))
    searched = [query["query"] for query in product.called(USERS) if "query" in query]
    assert set(searched) == {"лебедев"}
    await search.fill("никто")
    await expect(visit.app.get_by_text("По запросу «никто» никого нет")).to_be_visible()


async def test_employees_are_chosen_in_the_portals_own_dialog(visitors: Visitors, product: Product) -> None:
    visit = await visitors.open(await visitors.portal())

    await visit.app.get_by_role("button", name="Выбрать в Битрикс24").click()
    for place in (1, 3):
        await visit.page.locator("#picker-list input").nth(place).check()
    await visit.page.click("#picker-done")
    await expect(visit.app.get_by_text("2 сотрудника", exact=True)).to_be_visible()
    await visit.go_on_without_documents()

    await expect(visit.app.get_by_role("heading", name="Бот работает")).to_be_visible()
    assert product.called(FINALIZE)[0]["selected_user_ids"] == [2, 4]


async def test_a_refused_connection_says_what_to_do_and_is_repeated(visitors: Visitors, product: Product) -> None:
    visitors.expected.add("Failed to load resource")
    refusals = {
        "Это может сделать только администратор": Failure(403, "not_an_admin"),
        "не подтвердил установку": Failure(403, "install_not_verified"),
        "не ответил, администратор ли вы": Failure(503, "rights_unknown"),
        "Сервер авторизации Битрикс24 не отвечает": Failure(503, "oauth_unavailable"),
        "Слишком много попыток": Failure(429, "too_many_attempts", headers={"Retry-After": "1"}),
    }
    product.failures[COMPLETE] = list(refusals.values())
    visit = await visitors.open(await visitors.portal())

    alert = visit.app.get_by_role("alert")
    for sentence in refusals:
        await expect(alert).to_contain_text(sentence)
        await expect(alert).to_contain_text("01J0TRACE")
        await alert.get_by_role("button", name="Повторить", exact=True).click()

    await expect(visit.app.get_by_text("Портал подключён, бот готов")).to_be_visible()


async def test_welcomes_are_watched_failures_are_named_and_repeated(visitors: Visitors, product: Product) -> None:
    running = {"status": "running", "total": 2, "ok": 1, "failed": []}
    partly = {"status": "partial_fail", "total": 2, "ok": 1, "failed": [3]}
    product.provisions = [running, running, partly]
    portal = await visitors.portal()
    visit = await visitors.open(portal)
    await choose(visit, "Борис Смирнов", "Глеб Соколов")

    await visit.go_on_without_documents()
    await expect(visit.app.get_by_text("Отправлено приветствий: 1 из 2")).to_be_visible()
    await expect(visit.app.get_by_text("Приветствие не дошло до 1 сотрудника:")).to_be_visible()
    await expect(visit.app.get_by_role("main")).to_contain_text("Глеб Соколов")
    assert not await finished(visitors, portal)
    await visit.app.get_by_role("button", name="Повторить неудавшееся").click()

    await expect(visit.app.get_by_role("heading", name="Бот работает")).to_be_visible()
    assert len(product.called(FINALIZE)) == 2
    assert len(product.called(PROVISION)) == 2


async def test_an_ended_token_does_not_show(visitors: Visitors, product: Product) -> None:
    visitors.expected.add("status of 401")
    visit = await visitors.open(await visitors.portal())
    await choose(visit, "Борис Смирнов")
    product.ended = {"1.1"}

    await visit.app.get_by_role("button", name="Далее").click()

    async def is_renewed() -> bool:
        return len(product.called(SESSION)) == 1

    await eventually(is_renewed, what="the renewal that the list of documents asks for")
    await visit.app.get_by_role("button", name="без документов").click()

    await expect(visit.app.get_by_role("heading", name="Бот работает")).to_be_visible()
    assert len(product.called(SESSION)) == 2  # one for the ended token, one for the main page
    assert len(product.called(FINALIZE)) == 1  # the list of documents met the ended token first


async def test_a_bot_that_is_not_made_can_wait(visitors: Visitors, product: Product) -> None:
    product.bot = {"id": 0, "status": "failed", "error_code": "ACCESS_DENIED"}
    visit = await visitors.open(await visitors.portal())

    await expect(visit.app.get_by_role("alert")).to_contain_text("ACCESS_DENIED")
    await visit.app.get_by_role("button", name="Продолжить без бота").click()

    await expect(visit.app.get_by_role("heading", name="Кто сможет писать ассистенту?")).to_be_focused()


async def test_no_token_is_in_the_page_its_address_or_its_storage(visitors: Visitors, product: Product) -> None:
    visit = await visitors.open(await visitors.portal())
    await expect(visit.app.get_by_text("Портал подключён, бот готов")).to_be_visible()
    (complete,) = product.called(COMPLETE)

    kept = await visit.frame.evaluate(
        "document.documentElement.outerHTML + location.href + document.cookie"
        " + JSON.stringify({...localStorage}) + JSON.stringify({...sessionStorage})"
    )

    assert [secret for secret in (complete["AUTH_ID"], complete["REFRESH_ID"], "1.1") if secret in kept] == []
