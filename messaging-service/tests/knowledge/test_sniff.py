"""The kind of a file is told by its content; the name decides only where content cannot."""

import random
from pathlib import Path
from typing import Any

import pytest

from messaging.knowledge.failures import MESSAGES, ExtractionFailed
from messaging.knowledge.sniff import Kind, sniff

PAGE = "<!-- шапка --><!DOCTYPE html><html><body><p>Текст страницы</p></body></html>"


@pytest.mark.parametrize("kind", ["docx", "xlsx", "pptx", "pdf", "odt", "ods", "rtf", "eml", "xls"])
def test_a_file_is_known_whatever_its_name_is(files: Any, kind: str) -> None:
    path: Path = getattr(files, kind)()

    found = {sniff(path.read_bytes(), name) for name in ("a.docx", "a.pdf", "a.exe", "a")}

    assert found == {Kind(kind)}


@pytest.mark.parametrize(
    ("name", "kind"),
    [("a.md", Kind.MD), ("a.CSV", Kind.CSV), ("a.txt", Kind.TXT), ("a.pdf", Kind.TXT), ("a", Kind.TXT)],
)
def test_a_text_is_what_its_name_says_of_texts(name: str, kind: Kind) -> None:
    assert sniff("Имя;Возраст\nПётр;33\n".encode("cp1251"), name) is kind


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1251", "koi8-r"]
)
def test_html_is_known_in_every_encoding(encoding: str) -> None:
    assert sniff(PAGE.encode(encoding), "страница.txt") is Kind.HTML


def test_a_zip_of_anything_is_a_zip(files: Any) -> None:
    path = files.zip("a.docx", {"word/readme.txt": b"text"})

    assert sniff(path.read_bytes(), path.name) is Kind.ZIP


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"\x7fELF\x02\x01\x01" + bytes(9) + b"\x03\x00\x3e\x00" * 20, "отчёт.pdf"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + bytes(range(64)), "скан.pdf"),
        (b"MZ\x90\x00\x03\x00\x00\x00\x04\x00\x00\x00\xff\xff\x00\x00", "прайс.xlsx"),
        (b"7z\xbc\xaf\x27\x1c\x00\x04" + bytes(range(60)), "архив.zip"),
        (random.Random(1).randbytes(5000), "заметки.txt"),
        (b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>', "схема.svg"),
    ],
)
def test_what_is_of_no_allowed_kind_is_refused(content: bytes, name: str) -> None:
    with pytest.raises(ExtractionFailed) as caught:
        sniff(content, name)

    assert caught.value.code == "unsupported"


@pytest.mark.parametrize("content", [b"", b" \r\n\t ", bytes(1000)])
def test_nothing_is_empty(content: bytes) -> None:
    with pytest.raises(ExtractionFailed) as caught:
        sniff(content, "a.txt")

    assert caught.value.code == "empty"


def test_a_password_of_office_is_seen(files: Any) -> None:
    with pytest.raises(ExtractionFailed) as caught:
        sniff(files.locked_docx().read_bytes(), "a.docx")

    assert caught.value.code == "encrypted"


def test_many_comments_before_a_page_that_is_none_cost_nothing() -> None:
    assert sniff(b"<!-- -->" * 8000 + "и текст".encode(), "a.md") is Kind.MD


def test_every_failure_is_said_in_two_languages() -> None:
    for russian, english in MESSAGES.values():
        assert russian.endswith(".")
        assert english.endswith(".")
