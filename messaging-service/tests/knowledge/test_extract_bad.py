"""Every bad file ends in its code, soon and within its memory."""

import json
import random
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from messaging.knowledge.extract import extract
from messaging.knowledge.extracted import Limits
from messaging.knowledge.failures import ExtractionFailed

DOCX, XLSX = "word/document.xml", "xl/worksheets/sheet1.xml"
WORD = (
    b'<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body><w:p><w:r><w:t>'
)
WORD_END = b"</w:t></w:r></w:p></w:body></w:document>"
SHEET = b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
SHEET_END = b"</sheetData></worksheet>"
Write = Callable[[Any], None]
MEASURE = """
import os, subprocess, sys, time
from pathlib import Path
from messaging.knowledge.extract import command
from messaging.knowledge.extracted import Limits

start = time.monotonic()
path = Path(sys.argv[1])
child = subprocess.Popen(command(path, path.name, Limits()))
usage = os.wait4(child.pid, 0)[2]
print(f"\\n{time.monotonic() - start} {usage.ru_maxrss}", end="")
"""
# From a small process: until a child runs its own program, its parent's memory counts as its own.


async def code_of(path: Path, limits: Limits | None = None) -> str:
    with pytest.raises(ExtractionFailed) as caught:
        await extract(path, path.name, limits)
    return caught.value.code


def cost_of(path: Path) -> tuple[str, float, int]:
    """Run the child alone; return its code ("" if it read the file), its seconds and its peak of resident MB."""
    measured = subprocess.run([sys.executable, "-c", MEASURE, str(path)], capture_output=True, check=True)
    answer, last = measured.stdout.rpartition(b"\n")[0], measured.stdout.rpartition(b"\n")[2]
    seconds, kilobytes = last.split()
    return json.loads(answer or b'{"code": "died"}').get("code", ""), float(seconds), int(kilobytes) // 1024


def gigabyte(before: bytes, after: bytes) -> Write:
    def write(stream: Any) -> None:
        stream.write(before)
        for _ in range(1024):
            stream.write(b"0" * (1 << 20))
        stream.write(after)

    return write


def constant(content: bytes) -> Write:
    return lambda stream: stream.write(content)


@pytest.mark.parametrize("kind", ["docx", "xlsx"])
def test_a_gigabyte_of_zeros_is_not_unpacked(files: Any, kind: str) -> None:
    bomb = {
        "docx": lambda: files.rewritten(files.docx(), DOCX, gigabyte(WORD, WORD_END)),
        "xlsx": lambda: files.rewritten(
            files.xlsx(), XLSX, gigabyte(SHEET + b'<row r="1"><c r="A1"><v>', b"</v></c></row>" + SHEET_END)
        ),
    }[kind]()

    code, seconds, megabytes = cost_of(bomb)

    assert code == "bad_archive"
    assert seconds < 10
    assert megabytes < 150


def test_a_bomb_that_lies_about_its_size_stays_within_its_memory(files: Any) -> None:
    bomb = files.rewritten(files.docx(), DOCX, gigabyte(WORD, WORD_END))
    honest = (1024 * (1 << 20) + len(WORD) + len(WORD_END)).to_bytes(4, "little")
    bomb.write_bytes(bomb.read_bytes().replace(honest, (5000).to_bytes(4, "little")))

    code, seconds, megabytes = cost_of(bomb)

    assert code in {"corrupt", "bad_archive", "out_of_memory"}
    assert seconds < 20
    assert megabytes < 1100


def test_an_archive_of_too_many_entries_is_refused(files: Any) -> None:
    path = files.folder / "много.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for number in range(60_000):
            archive.writestr(f"{number}.txt", b"")

    code, seconds, megabytes = cost_of(path)

    assert code == "bad_archive"
    assert seconds < 10
    assert megabytes < 200


async def test_archives_nested_too_deep_are_refused(files: Any) -> None:
    content = files.zip("0.zip", {"текст.txt": "Текст на дне".encode()}).read_bytes()
    for level in (1, 2):
        content = files.zip(f"{level}.zip", {f"{level - 1}.zip": content}).read_bytes()

    assert await code_of(files.folder / "2.zip") == "bad_archive"
    assert (await extract(files.folder / "1.zip", "1.zip")).text.endswith("Текст на дне\n\n")


async def test_an_archive_is_bound_over_all_its_levels(files: Any) -> None:
    inner = files.zip("0.zip", {f"{number}.txt": b"text" for number in range(30)}).read_bytes()
    path = files.zip("1.zip", {f"{number}.zip": inner for number in range(10)})

    assert await code_of(path) == "bad_archive"


async def test_an_encrypted_archive_is_named(files: Any) -> None:
    path = files.zip("a.zip", {"a.txt": b"text"})
    content = bytearray(path.read_bytes())
    content[6] |= 1
    content[content.index(b"PK\x01\x02") + 8] |= 1

    assert await code_of(files.raw("b.zip", bytes(content))) == "encrypted"


async def test_a_sheet_of_two_cells_a_billion_apart_is_read(files: Any) -> None:
    cells = (
        b'<row r="1"><c r="A1" t="inlineStr"><is><t>one</t></is></c></row>'
        b'<row r="1048576"><c r="XFD1048576" t="inlineStr"><is><t>other</t></is></c></row>'
    )
    path = files.rewritten(files.xlsx(), XLSX, constant(SHEET + cells + SHEET_END))

    found = await extract(path, path.name)
    _, seconds, megabytes = cost_of(path)

    assert found.text.startswith("## Крепёж\n\none\nother\n")
    assert seconds < 5
    assert megabytes < 150


async def test_a_sheet_of_two_million_cells_is_too_large(files: Any) -> None:
    row = b"<row>%s</row>" % b"".join(b'<c t="inlineStr"><is><t>value %d</t></is></c>' % at for at in range(10))
    path = files.rewritten(files.xlsx(), XLSX, constant(SHEET + row * 200_000 + SHEET_END))

    code = await code_of(path, Limits(max_ratio=2000))

    assert code == "too_large"


async def test_a_sheet_that_repeats_one_long_string_runs_out_of_memory_alone(files: Any) -> None:
    cells = b"".join(b'<row r="%d"><c r="A%d" t="s"><v>0</v></c></row>' % (at, at) for at in range(1, 60_000))
    strings = b'<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><si><t>%s</t></si></sst>'
    book = files.folder / "книга.xlsx"
    plain = openpyxl.Workbook()
    plain.active["A1"] = "строка"
    plain.save(book)
    half = files.rewritten(book, XLSX, constant(SHEET + cells + SHEET_END))
    path = files.rewritten(half, "xl/sharedStrings.xml", constant(strings % (b"word " * 6_000)))

    code = await code_of(path)

    assert code in {"out_of_memory", "too_large"}


@pytest.mark.parametrize("kind", ["docx", "pdf"])
async def test_half_a_file_is_corrupt(files: Any, kind: str) -> None:
    whole = getattr(files, kind)().read_bytes()

    assert await code_of(files.raw(f"половина.{kind}", whole[: len(whole) // 2])) == "corrupt"


async def test_a_pdf_of_noise_is_corrupt(files: Any) -> None:
    noise = b"%PDF-1.7\n" + random.Random(2).randbytes(20_000) + b"\n%%EOF"

    assert await code_of(files.raw("шум.pdf", noise)) == "corrupt"


async def test_a_file_under_a_password_is_encrypted(files: Any) -> None:
    assert await code_of(files.pdf(user="тайна", owner="хозяин")) == "encrypted"
    assert await code_of(files.locked_docx()) == "encrypted"


async def test_pictures_of_pages_are_no_text(files: Any) -> None:
    assert await code_of(files.pdf(text=False, pages=2)) == "no_text_layer"


@pytest.mark.parametrize("name", ["a.txt", "a.pdf", "a.docx"])
async def test_an_empty_file_is_empty(files: Any, name: str) -> None:
    assert await code_of(files.raw(name, b"")) == "empty"


async def test_a_document_without_words_is_empty(files: Any) -> None:
    assert await code_of(files.xlsx(sheets=[("Пусто", [])])) == "empty"


async def test_programs_and_noise_are_unsupported(files: Any) -> None:
    program = Path(sys.executable).resolve().read_bytes()[:500_000]  # noqa: ASYNC240 - a local file
    noise = random.Random(3).randbytes(50_000)

    assert await code_of(files.raw("отчёт.pdf", program)) == "unsupported"
    assert await code_of(files.raw("заметки.txt", noise)) == "unsupported"
    assert await code_of(files.raw("заметки.txt", b"\xff\xfe" + noise)) == "unsupported"


async def test_a_file_over_the_limit_is_not_even_read(files: Any) -> None:
    assert await code_of(files.raw("a.txt", b"text " * 300), Limits(max_bytes=1000)) == "too_large"


async def test_too_many_pages_are_too_large(files: Any) -> None:
    assert await code_of(files.pdf(pages=4), Limits(max_pages=3)) == "too_large"


async def test_entities_neither_open_files_nor_multiply(files: Any) -> None:
    outside = b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>' + WORD + b"before &e; after" + WORD_END
    laughs = b"".join(b'<!ENTITY l%d "%s">' % (at, b"&l%d;" % (at - 1) * 10) for at in range(1, 11))
    many = b'<!DOCTYPE x [<!ENTITY l0 "lol">' + laughs + b"]>" + WORD + b"before &l10; after" + WORD_END

    for content in (outside, many):
        path = files.rewritten(files.docx(), DOCX, constant(content))
        found = await extract(path, path.name)
        _, seconds, megabytes = cost_of(path)

        assert found.text.split() == ["before", "after"]
        assert seconds < 5
        assert megabytes < 150
