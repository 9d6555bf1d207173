"""Every kind of a company's documents comes back with its text, its headings and its places."""

import time
import unicodedata
from pathlib import Path
from typing import Any

import pytest

from messaging.knowledge.extract import extract
from messaging.knowledge.extracted import Extracted, Limits


async def read(path: Path, **limits: Any) -> Extracted:
    return await extract(path, path.name, Limits(**limits))


async def test_a_docx_keeps_headings_and_tables(files: Any, rules: list[str]) -> None:
    found = await read(files.docx())

    assert found.kind == "docx"
    assert [line for line in found.text.splitlines() if line.startswith("#")] == [
        "# Регламент отпусков",
        "## Как подать заявление",
        "## Больничный",
    ]
    assert all(rule in found.text for rule in rules)
    assert "| пять лет | 31 |" in found.text
    assert (found.title, found.language, found.truncated) == ("Регламент отпусков", "ru", False)
    assert (found.pages, found.page_starts, found.skipped) == (None, (), ())


async def test_a_docx_of_a_mac_keeps_its_headings(files: Any, rules: list[str]) -> None:
    """Its й is two characters, which xberg composes at the price of its Markdown."""
    found = await read(files.docx(rules=[unicodedata.normalize("NFD", rule) for rule in rules]))

    assert found.text.startswith("# Регламент отпусков\n\n" + rules[0])


async def test_a_pdf_says_where_its_pages_begin(files: Any, rules: list[str]) -> None:
    found = await read(files.pdf())

    pages = [found.text[at:to] for at, to in zip(found.page_starts, [*found.page_starts[1:], None], strict=True)]
    assert found.pages == 3
    assert [page.splitlines()[0] for page in pages] == [f"# Глава {number}. Отпуск" for number in (1, 2, 3)]
    assert all(f"{number}.39 {rules[0]}" in page for number, page in enumerate(pages, 1))
    assert (found.kind, found.title, found.language) == ("pdf", "Инструкция по отпускам", "ru")


async def test_a_hundred_pages_take_seconds(files: Any) -> None:
    path = files.pdf(pages=100)
    start = time.monotonic()

    found = await read(path)

    assert found.pages == len(found.page_starts) == 100
    assert time.monotonic() - start < 20  # 1.5 s on an idle core


async def test_slides_come_with_the_notes_of_the_speaker(files: Any, rules: list[str]) -> None:
    found = await read(files.pptx())

    second = found.text[found.page_starts[1] : found.page_starts[2]]
    assert second.startswith("## Правило 2\n")
    assert rules[1] in second
    assert "Спросить группу о примере 2" in second
    assert (found.kind, found.pages) == ("pptx", 3)


@pytest.mark.parametrize("kind", ["xlsx", "xls", "ods"])
async def test_a_row_of_a_sheet_is_understood_alone(files: Any, kind: str) -> None:
    found = await read(getattr(files, kind)())

    assert "Наименование: Болт М6; Цена, руб: 12.5; Остаток: 400" in found.text.splitlines()
    name, at = found.sheets[0]
    assert found.text[at:].startswith(f"## {name}\n")
    assert found.kind == kind


async def test_sheets_are_named_and_a_title_above_the_header_stays(files: Any) -> None:
    found = await read(files.xlsx())

    assert [name for name, _ in found.sheets] == ["Крепёж", "Масла"]
    assert found.pages == 3
    assert found.text.startswith("## Крепёж\n\nПрайс на март\nНаименование: Болт М6;")


@pytest.mark.parametrize("kind", ["odt", "rtf"])
async def test_other_writers_are_read(files: Any, rules: list[str], kind: str) -> None:
    found = await read(getattr(files, kind)())

    assert rules[0] in found.text
    assert (found.kind, found.language) == (kind, "ru")


async def test_a_mail_has_its_headers_its_text_and_its_attachments(files: Any, rules: list[str]) -> None:
    picture = files.raw("фото.png", b"\x89PNG\r\n\x1a\n" + bytes(99))

    found = await read(files.eml(attachments=[files.docx(), picture]))

    assert found.text.startswith("# Новые правила отпусков\n\nFrom: Анна Орлова <anna@example.ru>\nTo: Все")
    assert rules[1] in found.text
    assert "\n# регламент.docx\n\n## Регламент отпусков\n" in found.text
    assert found.skipped == (("фото.png", "unsupported"),)
    assert (found.kind, found.title) == ("eml", "Новые правила отпусков")


async def test_a_mail_of_html_is_read(files: Any, rules: list[str]) -> None:
    found = await read(files.eml(html=f"<html><body><h1>Важно</h1><p>{rules[0]}</p></body></html>"))

    assert rules[0] in found.text
    assert "<p>" not in found.text


async def test_a_zip_is_read_file_by_file_and_says_what_was_not(files: Any, rules: list[str]) -> None:
    inner = files.zip("внутри.zip", {"глубже.txt": rules[2].encode("cp1251")})
    path = files.zip(
        "пакет.zip",
        {
            "кадры/регламент.docx": files.docx().read_bytes(),
            "внутри.zip": inner.read_bytes(),
            "программа.exe": b"MZ\x90\x00\x03" + bytes(100),
            "__MACOSX/._регламент.docx": b"\x00\x05\x16\x07",
        },
    )

    found = await read(path)

    headings = [line for line in found.text.splitlines() if line.startswith("#")]
    assert headings[:2] == ["# кадры/регламент.docx", "## Регламент отпусков"]
    assert headings[-2:] == ["# внутри.zip", "## глубже.txt"]
    assert rules[2] in found.text
    assert found.skipped == (("программа.exe", "unsupported"),)


@pytest.mark.parametrize("encoding", ["utf-8", "cp866"])
async def test_names_in_a_zip_of_a_mac_or_of_windows_are_russian(files: Any, encoding: str) -> None:
    ascii_name = "x" * len("отпуск.txt".encode(encoding))
    path = files.zip("a.zip", {ascii_name: b"Text of a memo"})
    renamed = path.read_bytes().replace(ascii_name.encode(), "отпуск.txt".encode(encoding))

    found = await read(files.raw("b.zip", renamed))

    assert found.text.startswith("# отпуск.txt\n\nText")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1251", "koi8-r", "cp866"])
@pytest.mark.parametrize("name", ["заметки.txt", "заметки.md", "таблица.csv", "страница.html"])
async def test_russian_texts_are_read_in_every_encoding(
    files: Any, rules: list[str], encoding: str, name: str
) -> None:
    content = {
        "txt": "\n".join(rules),
        "md": f"# Правила\n\n{rules[0]}",
        "csv": f"Номер;Правило\n1;{rules[0]}\n2;{rules[1]}\n",
        "html": f"<html><head><title>Правила</title></head><body><h1>Отпуск</h1><p>{rules[0]}</p></body></html>",
    }[name.rpartition(".")[2]]

    found = await read(files.raw(name, content.encode(encoding)))

    assert rules[0] in found.text
    assert found.language == "ru"
    assert name.endswith(found.kind)


async def test_a_page_whose_own_word_on_its_charset_holds_is_believed(files: Any) -> None:
    page = '<html><head><meta charset="koi8-r"></head><body>Кот</body></html>'

    found = await read(files.raw("a.html", page.encode("koi8-r")))

    assert found.text.strip() == "Кот"


async def test_what_a_page_hides_is_not_read(files: Any) -> None:
    page = """<!doctype html><html><head><title>Пропуска</title><style>.a{color:red}</style>
      <script>var тайна = "скрипт";</script></head><body><h1>Пропуска</h1><p>Пропуск выдаёт охрана.</p>
      <p style="display:none">невидимое</p><p hidden>спрятанное</p><!-- примечание --><template>образец</template>
      </body></html>"""

    found = await read(files.raw("пропуска.html", page.encode("cp1251")))

    assert found.text.strip() == "# Пропуска\n\nПропуск выдаёт охрана."
    assert found.title == "Пропуска"


async def test_a_csv_with_quotes_and_commas_is_read_by_rows(files: Any) -> None:
    content = 'Вопрос,Ответ\n"Где, как и когда обед?","В 13:00, на втором\nэтаже"\nЕсть ли парковка?,Есть\n'

    found = await read(files.raw("вопросы.csv", content.encode()))

    assert found.text.splitlines()[0] == "Вопрос: Где, как и когда обед?; Ответ: В 13:00, на втором этаже"


@pytest.mark.parametrize("kind", ["docx", "pdf", "xlsx"])
async def test_a_wrong_extension_is_read_by_content(files: Any, kind: str) -> None:
    path: Path = getattr(files, kind)()

    found = await extract(path, "отчёт.txt")

    assert found.kind == kind


async def test_a_pdf_locked_by_its_owner_alone_is_read(files: Any, rules: list[str]) -> None:
    found = await read(files.pdf(owner="хозяин", pages=1))

    assert rules[0] in found.text


async def test_a_long_text_is_cut_and_says_so(files: Any) -> None:
    found = await read(files.pdf(), max_chars=3000)

    assert len(found.text) == 3000
    assert found.truncated
    assert found.page_starts[-1] < 3000
    assert found.pages == 3


async def test_what_a_database_cannot_store_is_blanked(files: Any) -> None:
    content = "Первая строка текста\x0b и вторая\x1a" + "текст " * 100

    found = await read(files.raw("a.txt", content.encode()))

    assert found.text.startswith("Первая строка текста  и вторая текст")
