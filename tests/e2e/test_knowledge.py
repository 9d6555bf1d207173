"""From a file to an answer in the messenger with its source, and out of the answers again."""

import io
from importlib.resources import files as package_files
from typing import Any

import docx
import openpyxl
import pytest
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from tests.e2e.product import Product, eventually


def vacation_docx() -> bytes:
    document = docx.Document()
    document.add_heading("Положение об отпусках", 1)
    document.add_paragraph("Ежегодный оплачиваемый отпуск составляет двадцать восемь календарных дней.")
    document.add_heading("Как подать заявление", 2)
    document.add_paragraph("Заявление на отпуск подают через портал за две недели до его начала.")
    return saved(document)


def prices_xlsx() -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "Прайс"
    for row in (
        ("Артикул", "Наименование", "Цена, руб"),
        ("Б-6", "Болт оцинкованный М6", 12),
        ("Г-8", "Гайка М8", 7),
    ):
        sheet.append(row)
    return saved(book)


def trips_pdf() -> bytes:
    fonts = package_files("font_manrope")
    path = next(one for one in fonts.joinpath("files").iterdir() if one.name.endswith(".ttf"))
    pdfmetrics.registerFont(TTFont("Manrope", str(path)))
    buffer = io.BytesIO()
    canvas = Canvas(buffer)
    for lines in (
        ("Правила служебных поездок", "Билеты покупает отдел снабжения."),
        ("Суточные", "Суточные в командировке по России составляют 700 рублей."),
    ):
        canvas.setFont("Manrope", 12)
        for number, line in enumerate(lines):
            canvas.drawString(60, 760 - 24 * number, line)
        canvas.showPage()
    canvas.save()
    return buffer.getvalue()


def saved(document: Any) -> bytes:
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


class Company:
    """A portal with the app installed, as its administrator uses the API."""

    def __init__(self, product: Product) -> None:
        self.product = product
        self.portal: dict[str, Any] = {}
        self.headers: dict[str, str] = {}
        self.portal_id = ""

    async def move_in(self) -> "Company":
        self.portal = await self.product.portal(users_count=3)
        installed = await self.product.install(self.portal, [1, 2])
        self.portal_id = installed["complete"]["portal_id"]
        self.headers = {"authorization": f"Bearer {installed['complete']['portal_token']}"}
        return self

    async def call(self, method: str, path: str, **given: Any) -> Any:
        url = f"{self.product.url}/v1/portal/kb/{path}"
        return await self.product.http.request(method, url, headers=self.headers, **given)

    async def upload(self, name: str, content: bytes) -> dict[str, Any]:
        answer = await self.call("POST", "upload", files={"file": (name, content)})
        assert answer.status_code == 201, answer.text
        document_id = answer.json()["id"]

        async def settled() -> Any:
            found = (await self.call("GET", f"documents/{document_id}")).json()
            return found if found["state"] in {"ready", "failed"} else None

        document: dict[str, Any] = await eventually(settled, 30, "the document's end")
        return document

    async def answer_to(self, question: str) -> str:
        asked = await self.product.write(self.portal, 2, question)

        async def replied() -> str:
            shown = await self.product.visible(self.portal, "2")
            return next((str(one["text"]) for one in shown if one["from_bot"] and one["id"] > asked), "")

        return str(await eventually(replied, what="the reply"))


@pytest.fixture
async def company(product: Product) -> Company:
    return await Company(product).move_in()


@pytest.mark.parametrize(
    ("name", "make", "question", "said", "source"),
    [
        (
            "Отпуска.docx",
            vacation_docx,
            "За сколько подавать заявление на отпуск?",
            "за две недели до его начала",
            "раздел «Положение об отпусках › Как подать заявление»",
        ),
        ("Поездки.pdf", trips_pdf, "какие суточные в командировке по россии", "700 рублей", "стр. 2"),
        ("Прайс.xlsx", prices_xlsx, "сколько стоит болт оцинкованный", "12", "Прайс"),
    ],
)
async def test_a_file_is_answered_from_with_its_place_until_it_is_deleted(
    company: Company, name: str, make: Any, question: str, said: str, source: str
) -> None:
    document = await company.upload(name, make())

    before = await company.answer_to(question)
    deleted = await company.call("DELETE", f"documents/{document['id']}")
    after = await company.answer_to(question)

    assert (document["state"], document["error"]) == ("ready", None)
    assert said in before
    assert f"[b]{name}[/b]" in before
    assert source in before
    assert deleted.status_code == 204
    assert said not in after
    assert "нет ни одного документа" in after


async def test_the_api_finds_and_answers_with_places_and_refuses_honestly(company: Company) -> None:
    await company.upload("Отпуска.docx", vacation_docx())

    found = (await company.call("POST", "search", json={"query": "заявление на отпуск", "limit": 3})).json()
    answered = (await company.call("POST", "ask", json={"question": "сколько дней длится отпуск"})).json()
    unknown = (await company.call("POST", "ask", json={"question": "кто выиграл чемпионат мира"})).json()

    assert found["items"][0]["filename"] == "Отпуска.docx"
    assert set(found["items"][0]) >= {"document_id", "filename", "text", "score", "location"}
    assert answered["answered"]
    assert "двадцать восемь" in answered["answer"]
    assert answered["citations"][0]["quote"] in answered["answer"]
    assert (unknown["answered"], unknown["citations"]) == (False, [])
    assert unknown["answer"]


async def test_a_file_that_cannot_be_read_says_so_in_the_readers_language(company: Company) -> None:
    broken = await company.upload("счёт.pdf", b"%PDF-1.7\n")

    company.headers["accept-language"] = "en"
    in_english = (await company.call("GET", f"documents/{broken['id']}")).json()
    again = await company.call("POST", "upload", files={"file": ("ещё раз.pdf", b"%PDF-1.7\n")})

    assert (broken["state"], broken["error_code"]) == ("failed", "corrupt")
    assert broken["error"].startswith("Файл повреждён")
    assert in_english["error"].startswith("The file is damaged")
    assert (again.status_code, again.json()["id"]) == (200, broken["id"])


async def test_what_is_no_upload_is_refused_and_what_is_too_large_is_told(company: Company) -> None:
    no_file = await company.call("POST", "upload", data={"other": "x"})
    empty = await company.call("POST", "upload", files={"file": ("пусто.txt", b"")})
    stranger = await company.product.http.post(
        f"{company.product.url}/v1/portal/kb/upload", files={"file": ("x.txt", b"x")}
    )
    too_large = await company.call("POST", "upload", files={"file": ("x.txt", b"x" * (102 * 1024 * 1024))})

    assert (no_file.status_code, no_file.json()["error"]) == (422, "validation_failed")
    assert (empty.status_code, empty.json()["error"]) == (400, "document_empty")
    assert stranger.status_code == 401
    assert too_large.status_code == 413


async def test_a_reader_that_is_killed_is_replaced(product: Product, company: Company) -> None:
    text = "\n\n".join(f"## Раздел {n}\n\nТекст раздела номер {n} о правилах." for n in range(20_000)).encode()
    answer = await company.call("POST", "upload", files={"file": ("Правила.md", text)})
    document_id = answer.json()["id"]

    async def is_read() -> bool:
        found = (await company.call("GET", f"documents/{document_id}")).json()
        return found["state"] in {"extracting", "indexing"}

    await eventually(is_read, what="the start")
    product.kill("knowledge-worker")

    async def is_ready() -> bool:
        return bool((await company.call("GET", f"documents/{document_id}")).json()["state"] == "ready")

    await eventually(is_ready, 60, "another reader")
    assert "Текст раздела номер 777" in await company.answer_to("что говорит раздел 777 о правилах")


async def test_settings_of_answers_are_chosen_felt_and_kept_from_others(
    product: Product, company: Company
) -> None:
    await company.upload("Отпуска.docx", vacation_docx())
    foreign = await company.call("PUT", "settings", json={"base_url": "https://evil.example/v1"})

    saved = (await company.call("PUT", "settings", json={"citations": "short", "tone": "formal"})).json()

    async def is_felt() -> bool:
        answer = await company.answer_to("За сколько подавать заявление на отпуск?")
        return answer.endswith("[i]Источник: [b]Отпуска.docx[/b][/i]")

    await eventually(is_felt, what="the change")
    everybodys = await product.admin("/settings/answers")

    assert (foreign.status_code, foreign.json()["error"]) == (409, "model_address_not_allowed")
    assert saved["own"]["tone"] == saved["effective"]["tone"] == "formal"
    assert everybodys["effective"]["tone"] == "neutral"


async def test_the_console_shows_why_an_answer_is_what_it_is(product: Product, company: Company) -> None:
    await company.upload("Отпуска.docx", vacation_docx())
    await company.answer_to("За сколько подавать заявление на отпуск?")
    [asked] = (await product.admin("/messages", direction="rx", portal_id=company.portal_id))["items"]

    why = await product.admin(f"/messages/{asked['id']}/explanation", portal_id=company.portal_id)
    nothing = await product.admin_answer(
        f"/messages/{asked['dialog_id']}/explanation", portal_id=company.portal_id
    )

    assert why["kind"] == "knowledge"
    assert why["detail"]["passages"][0]["verdict"] == "quoted"
    assert "Заявление на отпуск подают" in why["detail"]["quotes"][0]["quote"]
    assert (nothing.status_code, nothing.json()["error"]) == (404, "explanation_not_found")


async def test_an_unanswered_question_becomes_a_curated_answer_that_wins(company: Company) -> None:
    await company.upload("Отпуска.docx", vacation_docx())
    question = "где находится офис компании в казани"
    before = await company.answer_to(question)
    [open_question] = (await company.call("GET", "unsatisfied", params={"kind": "unanswered"})).json()["items"]

    written = await company.call(
        "POST",
        "curated",
        json={
            "question": open_question["question"],
            "answer": "Офис: **улица Баумана, 7**.",
            "from_message_id": open_question["id"],
        },
    )
    after = await company.answer_to("Где находится офис компании в Казани?")
    asked = (await company.call("POST", "ask", json={"question": question})).json()
    left = (await company.call("GET", "unsatisfied", params={"kind": "unanswered"})).json()["items"]
    deleted = await company.call("DELETE", f"curated/{written.json()['id']}")
    again = (await company.call("POST", "ask", json={"question": question})).json()
    path, changed = f"curated/{written.json()['id']}", {"question": question, "answer": "Другой"}
    too_late = await company.call("PUT", path, json=changed)

    assert "нет ответа" in before
    assert open_question["question"] == question
    assert written.status_code == 201
    assert after == "Офис: [b]улица Баумана, 7[/b]."
    assert (asked["answered"], asked["answer"], asked["citations"]) == (True, "Офис: **улица Баумана, 7**.", [])
    assert left == []
    assert deleted.status_code == 204
    assert not again["answered"]
    assert (too_late.status_code, too_late.json()["error"]) == (404, "curated_not_found")


async def test_a_bad_reaction_brings_the_question_to_the_administrator_and_may_be_taken_back(
    product: Product, company: Company
) -> None:
    await company.upload("Отпуска.docx", vacation_docx())
    await company.answer_to("За сколько подавать заявление на отпуск?")
    reply = (await product.visible(company.portal, "2"))[-1]
    path = f"/portals/{company.portal['member_id']}/reactions"
    reaction = {"user_id": 2, "message_id": reply["id"], "reaction": "facepalm"}

    async def listed() -> list[Any]:
        answer = await company.call("GET", "unsatisfied", params={"kind": "badly_rated"})
        items: list[Any] = answer.json()["items"]
        return items

    async def is_confirmed() -> bool:
        items = (await product.admin("/messages", direction="tx", portal_id=company.portal_id))["items"]
        return any(one["provider_message_id"] == str(reply["id"]) for one in items)

    await eventually(is_confirmed, what="the news that it was sent")
    await product.sim("POST", path, **reaction, action="add")
    [rated] = await eventually(listed, what="the reaction")
    await product.sim("POST", path, **reaction, action="delete")

    async def is_gone() -> bool:
        return not await listed()

    await eventually(is_gone, what="its end")
    assert rated["question"] == "За сколько подавать заявление на отпуск?"
    assert "за две недели" in rated["answer"]
    assert rated["reaction"] == "facepalm"
