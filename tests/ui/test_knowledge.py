"""The knowledge base on the app's main page, against the whole product: what is uploaded is what answers."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import FilePayload, Locator, Page, Request, Route, expect

from tests.e2e.product import Product, eventually
from tests.ui.visit import Visit, Visitors

DOCUMENTS, UPLOAD = "/v1/portal/kb/documents", "/v1/portal/kb/upload"
RULES = """# Отпуск
## Сколько дней
Ежегодный отпуск составляет 28 календарных дней. Заявление подают за 14 дней.

# Командировки
## Суточные
Суточные в поездках по России составляют 1500 рублей в день.
"""
HOLIDAYS = "# Holidays\n\nEvery employee has 25 days of paid holiday a year. Ask for them two weeks ahead.\n"
QUESTION = "Сколько дней отпуск?"


def text_file(name: str, text: str) -> FilePayload:
    return {"name": name, "mimeType": "text/markdown", "buffer": text.encode()}


def broken_file(name: str) -> FilePayload:
    return {"name": name, "mimeType": "application/pdf", "buffer": b"%PDF-1.4 and nothing more"}


async def installed(running: Product, guests: Visitors, language: str = "ru") -> dict[str, Any]:
    """Return a portal where its administrator (1) and one employee (2) may ask; `token` is the administrator's."""
    async with running.connected():
        portal = await guests.sim.portal(users_count=12, language=language)
        answers = await running.install(portal, [1, 2])
    return {**portal, "token": answers["complete"]["portal_token"]}


async def choose(visit: Visit, *files: FilePayload | Path) -> None:
    field = visit.app.locator("input[type=file]")
    await expect(field).to_be_attached()
    await field.set_input_files(files)  # type: ignore[arg-type]


def row(visit: Visit, name: str) -> Locator:
    return visit.app.get_by_role("list", name="Документы").get_by_role("listitem").filter(has_text=name)


async def ask(visit: Visit, question: str) -> None:
    await visit.app.get_by_role("textbox", name="Вопрос").fill(question)
    await visit.app.get_by_role("button", name="Спросить").click()


def asked_for(page: Page, path: str) -> list[Request]:
    """Return a list that every later request of a path is added to."""
    heard: list[Request] = []
    page.on("request", lambda request: heard.append(request) if request.url.split("?")[0].endswith(path) else None)
    return heard


async def failing(page: Page, path: str, status: int, error: str, times: int = 1) -> None:
    """Have the next requests of a path refused."""
    body = {"error": error, "message": "Not now.", "trace_id": "01J0TRACE", "detail": {}}

    async def refuse(route: Route) -> None:
        await route.fulfill(status=status, json=body)

    await page.route(f"**{path}*", refuse, times=times)


async def test_a_document_is_uploaded_read_asked_of_and_deleted(running: Product, guests: Visitors) -> None:
    visit = await guests.open(await installed(running, guests))
    await expect(visit.app.get_by_text("Загрузите первые документы")).to_be_visible()

    await choose(visit, text_file("Отпуска.md", RULES))
    await expect(row(visit, "Отпуска.md")).to_contain_text("Готов")
    await expect(row(visit, "Отпуска.md")).to_contain_text("1 фрагмент")

    await ask(visit, QUESTION)
    answer = visit.app.get_by_role("region", name="Ответ", exact=True)
    await expect(answer.get_by_role("blockquote")).to_contain_text("составляет 28 календарных дней")
    await expect(answer.get_by_role("figure")).to_contain_text("Отпуска.md")
    await expect(answer.get_by_role("figure")).to_contain_text("Отпуск › Сколько дней")
    share = await visit.app.get_by_role("progressbar", name="вопроса").first.get_attribute("aria-valuenow")
    assert share
    assert int(share) > 50

    opener = visit.app.get_by_role("button", name="Отпуска.md")
    await opener.click()
    passages = visit.app.get_by_role("list", name="Что прочитано").get_by_role("listitem")
    await expect(passages.first).to_contain_text("Заявление подают за 14 дней")
    await visit.app.get_by_role("button", name="Удалить").click()
    await visit.app.get_by_role("button", name="Оставить").click()
    await expect(visit.app.get_by_role("button", name="Удалить")).to_be_focused()
    await visit.app.get_by_role("button", name="Удалить").click()
    confirmation = visit.app.get_by_role("group", name="Удалить «Отпуска.md»?")
    await confirmation.get_by_role("button", name="Удалить").click()

    await expect(visit.app.get_by_text("Загрузите первые документы")).to_be_visible()
    await ask(visit, QUESTION)
    await expect(visit.app.get_by_role("region", name="Ответа нет")).to_be_visible()
    await expect(visit.app.get_by_role("blockquote")).to_have_count(0)
    await expect(visit.app.get_by_text("Об этом нет ни одного фрагмента")).to_be_visible()


async def test_the_same_bytes_again_are_told_of_and_kept_once(running: Product, guests: Visitors) -> None:
    visit = await guests.open(await installed(running, guests))
    await choose(visit, text_file("Отпуска.md", RULES))
    await expect(row(visit, "Отпуска.md")).to_contain_text("Готов")

    await choose(visit, text_file("Копия.md", RULES))

    uploads = visit.app.get_by_role("list", name="Загрузки")
    await expect(uploads).to_contain_text("такой же файл в базе знаний под именем «Отпуска.md»")
    await expect(visit.app.get_by_role("list", name="Документы").get_by_role("listitem")).to_have_count(1)
    await uploads.get_by_role("button", name="Скрыть Копия.md").click()
    await expect(uploads).to_have_count(0)


@pytest.mark.parametrize(
    ("language", "state", "sentence"),
    [
        ("ru", "Не прочитан", "Файл повреждён или загружен не полностью."),
        ("en", "Not read", "The file is damaged"),
    ],
)
async def test_a_broken_file_says_what_to_do_in_the_readers_language(
    running: Product, guests: Visitors, language: str, state: str, sentence: str
) -> None:
    visit = await guests.open(await installed(running, guests, language))

    await choose(visit, broken_file("scan.pdf"))

    shown = visit.app.get_by_role("listitem").filter(has_text="scan.pdf")
    await expect(shown).to_contain_text(state)
    await expect(shown).to_contain_text(sentence)


async def test_in_english_it_is_told_and_answered_in_english(running: Product, guests: Visitors) -> None:
    visit = await guests.open(await installed(running, guests, "en"))
    await expect(visit.app.get_by_text("Upload the first documents")).to_be_visible()

    await choose(visit, text_file("Holidays.md", HOLIDAYS))
    await expect(visit.app.get_by_role("list", name="Documents")).to_contain_text("Ready")
    await visit.app.get_by_role("textbox", name="Question").fill("How many days of holiday do I have?")
    await visit.app.get_by_role("textbox", name="Question").press("Enter")

    answer = visit.app.get_by_role("region", name="Answer", exact=True)
    await expect(answer.get_by_role("blockquote")).to_contain_text("25 days of paid holiday")
    await expect(answer.get_by_role("figure")).to_contain_text("Holidays.md")
    await expect(visit.app.get_by_role("progressbar", name="of the question")).to_have_count(1)


async def test_the_keyboard_alone_is_enough(running: Product, guests: Visitors) -> None:
    visit = await guests.open(await installed(running, guests))
    keys = visit.page.keyboard
    await expect(visit.app.get_by_text("Загрузите первые документы")).to_be_visible()
    async with visit.page.expect_file_chooser() as chooser:
        await visit.app.get_by_role("button", name="Выбрать файлы").press("Enter")
    both = [text_file("Первый.md", RULES), text_file("Второй.md", HOLIDAYS)]
    await (await chooser.value).set_files(both)
    for name in ("Первый.md", "Второй.md"):
        await expect(row(visit, name)).to_contain_text("Готов")

    for _ in range(2):  # the search, the states
        await keys.press("Tab")
    await expect(visit.app.get_by_label("Состояние")).to_be_focused()
    await keys.press("Tab")
    first = visit.app.locator("button[aria-expanded]").first
    await expect(first).to_be_focused()
    await keys.press("Enter")
    await expect(visit.app.get_by_role("list", name="Что прочитано")).to_be_visible()
    for _ in range(2):  # read anew, delete
        await keys.press("Tab")
    await keys.press("Enter")
    await expect(visit.app.get_by_role("button", name="Оставить")).to_be_focused()
    await keys.press("Escape")
    await expect(visit.app.get_by_role("button", name="Удалить")).to_be_focused()
    await keys.press("Enter")
    await keys.press("Shift+Tab")
    await keys.press("Enter")

    rows = visit.app.get_by_role("list", name="Документы").get_by_role("listitem")
    await expect(rows).to_have_count(1)
    await expect(visit.app.locator("button[aria-expanded]")).to_be_focused()  # the one in its place


async def test_what_cannot_be_taken_is_refused_before_it_is_sent(
    running: Product, guests: Visitors, tmp_path: Path
) -> None:
    visit = await guests.open(await installed(running, guests))
    sent = asked_for(visit.page, UPLOAD)
    for name, size in (("Видео.pdf", 101 * 1024 * 1024), ("Пусто.txt", 0)):
        with (tmp_path / name).open("wb") as file:
            file.truncate(size)

    await choose(visit, tmp_path / "Видео.pdf", tmp_path / "Пусто.txt")

    alerts = visit.app.get_by_role("list", name="Загрузки").get_by_role("alert")
    await expect(alerts).to_have_count(2)
    await expect(alerts.first).to_contain_text("Файл занимает 101 МБ, а принимается не больше 100 МБ.")
    await expect(alerts.last).to_contain_text("Файл пустой.")
    assert sent == []


async def test_files_are_dropped_and_their_way_is_shown(running: Product, guests: Visitors) -> None:
    visit = await guests.open(await installed(running, guests))
    zone = visit.app.get_by_role("group", name="Выбрать файлы")
    await expect(zone).to_be_visible()
    free = asyncio.Event()

    async def hold(route: Route) -> None:
        await free.wait()
        await route.continue_()

    await visit.page.route(f"**{UPLOAD}", hold)
    dropped = await visit.frame.evaluate_handle(
        """text => {
            const data = new DataTransfer();
            for (const name of ["a.md", "b.md", "c.md"])
                data.items.add(new File([`# ${name}\\n\\n${text}`], name, { type: "text/markdown" }));
            return data;
        }""",
        HOLIDAYS,
    )

    await zone.dispatch_event("drop", {"dataTransfer": dropped})

    uploads = visit.app.get_by_role("list", name="Загрузки")
    await expect(uploads.get_by_role("progressbar")).to_have_count(3)
    await expect(uploads).to_contain_text("Ждёт очереди")
    await uploads.get_by_role("button", name="Не загружать c.md").click()
    free.set()
    await expect(visit.app.get_by_role("list", name="Документы").get_by_role("listitem")).to_have_count(2)
    await expect(uploads).to_have_count(0)


async def test_an_upload_that_fails_in_passing_is_repeated_by_hand(running: Product, guests: Visitors) -> None:
    guests.expected |= {"status of 503", "status of 409"}
    visit = await guests.open(await installed(running, guests))
    await failing(visit.page, UPLOAD, 503, "storage_unavailable")
    await choose(visit, text_file("Отпуска.md", RULES))
    alert = visit.app.get_by_role("list", name="Загрузки").get_by_role("alert")
    await expect(alert).to_contain_text("Хранилище документов сейчас не отвечает.")
    await expect(alert).to_contain_text("01J0TRACE")

    await failing(visit.page, UPLOAD, 409, "knowledge_limit_reached")
    await visit.app.get_by_role("button", name="Повторить: Отпуска.md").click()
    await expect(alert).to_contain_text("Удалите ненужные документы или смените тариф")
    await visit.app.get_by_role("button", name="Повторить: Отпуска.md").click()

    await expect(row(visit, "Отпуска.md")).to_contain_text("Готов")


async def test_a_list_that_does_not_come_is_asked_for_again(running: Product, guests: Visitors) -> None:
    guests.expected.add("status of 403")
    portal = await installed(running, guests)
    assert guests.context
    path = f"**{DOCUMENTS}*"
    refusal = {"error": "forbidden", "message": "", "trace_id": "01J0TRACE", "detail": {}}

    async def refuse(route: Route) -> None:
        await route.fulfill(status=403, json=refusal)

    await guests.context.route(path, refuse)
    visit = await guests.open(portal)
    alert = visit.app.get_by_role("alert")
    await expect(alert).to_contain_text("01J0TRACE")
    await guests.context.unroute(path, refuse)

    await alert.get_by_role("button", name="Повторить", exact=True).click()

    await expect(visit.app.get_by_text("Загрузите первые документы")).to_be_visible()


async def test_many_documents_are_paged_searched_and_filtered(running: Product, guests: Visitors) -> None:
    portal = await installed(running, guests)
    async with running.connected():
        headers = {"authorization": f"Bearer {portal['token']}"}
        for number in range(22):
            text = f"# Правило {number}\n\nПункт {number}: приходите вовремя.\n".encode()
            part = ("Брак.pdf", b"%PDF-1.4") if number == 0 else (f"Правило {number}.md", text)
            await running.http.post(f"{running.url}{UPLOAD}", files={"file": part}, headers=headers)

        async def all_read() -> bool:
            path = f"{running.url}{DOCUMENTS}?limit=50"
            items = (await running.http.get(path, headers=headers)).json()["items"]
            return len(items) == 22 and all(one["state"] in {"ready", "failed"} for one in items)

        await eventually(all_read, 60)
    visit = await guests.open(portal)
    rows = visit.app.get_by_role("list", name="Документы").get_by_role("listitem")
    await expect(rows).to_have_count(20)

    await visit.app.get_by_role("button", name="Показать ещё", exact=True).click()
    await expect(rows).to_have_count(22)
    await expect(visit.app.get_by_role("button", name="Показать ещё", exact=True)).to_have_count(0)
    await visit.app.get_by_label("Поиск по названию").fill("правило 2")
    await expect(rows).to_have_count(3)  # 2, 20, 21
    await visit.app.get_by_label("Состояние").select_option(label="Не прочитан")
    await expect(visit.app.get_by_text("Ничего не нашли")).to_be_visible()
    await visit.app.get_by_role("button", name="Показать все").click()
    await expect(rows).to_have_count(22)
    await visit.app.get_by_label("Состояние").select_option(label="Не прочитан")
    await expect(rows).to_have_count(1)


async def test_the_list_refreshes_while_something_is_read_and_rests_otherwise(
    running: Product, guests: Visitors
) -> None:
    visit = await guests.open(await installed(running, guests))
    await choose(visit, text_file("Отпуска.md", RULES))
    await expect(row(visit, "Отпуска.md")).to_contain_text("Готов")
    await visit.page.wait_for_timeout(500)
    asked = asked_for(visit.page, DOCUMENTS)
    await visit.page.wait_for_timeout(5000)
    assert asked == []

    await visit.app.get_by_role("button", name="Отпуска.md").click()
    await visit.app.get_by_role("button", name="Прочитать заново").click()

    await expect(visit.app.get_by_role("button", name="Прочитать заново")).to_be_enabled()
    await expect(row(visit, "Отпуска.md")).to_contain_text("Готов")
    assert asked


async def test_an_employee_asks_and_sees_no_documents(running: Product, guests: Visitors) -> None:
    portal = await installed(running, guests)
    admin = await guests.open(portal)
    await choose(admin, text_file("Отпуска.md", RULES))
    await expect(row(admin, "Отпуска.md")).to_contain_text("Готов")

    employee, stranger = await guests.open(portal, user_id=2), await guests.open(portal, user_id=3)
    await ask(employee, QUESTION)

    await expect(employee.app.get_by_role("blockquote")).to_contain_text("28 календарных дней")
    await expect(employee.app.get_by_text("Найденные фрагменты")).to_have_count(0)
    await expect(employee.app.get_by_role("heading", name="База знаний")).to_have_count(0)
    await expect(stranger.app.get_by_role("heading", name="Ассистент вам пока не открыт")).to_be_visible()
    await expect(stranger.app.get_by_role("textbox", name="Вопрос")).to_have_count(0)


@pytest.mark.parametrize("language", ["ru", "en"])
async def test_it_fits_and_is_accessible(running: Product, guests: Visitors, language: str) -> None:
    visit = await guests.open(await installed(running, guests, language))
    found = await visit.axe()
    long = f"{'Положение_об_отпусках_и_командировках_' * 3}.md"
    empty: FilePayload = {"name": "empty.txt", "mimeType": "text/plain", "buffer": b""}
    await choose(visit, text_file(long, RULES), broken_file("scan.pdf"), empty)
    opener = visit.app.get_by_role("button", name=long)
    states = visit.app.locator("[data-state=ready], [data-state=failed]")
    await expect(states).to_have_count(2)
    await opener.click()
    await visit.app.get_by_role("button", name={"ru": "Удалить", "en": "Delete"}[language]).click()
    question = visit.app.locator("form input")
    await question.fill(QUESTION)
    await question.press("Enter")
    await visit.app.locator("summary").first.click()

    for width in (320, 375, 768, 1280):
        await visit.page.set_viewport_size({"width": width, "height": 900})
        found += await visit.axe()
        assert (width, await visit.overflow()) == (width, 0)
    assert found == []
