"""Document intake, as the child of ADR 19 does it: the kind by content, containers, encodings, text, passages."""

import asyncio
import io
import json
import zipfile
from collections.abc import Callable
from dataclasses import asdict
from itertools import pairwise

from messaging.knowledge import chunking, extractor
from messaging.knowledge.extracted import Extracted, Limits
from messaging.knowledge.failures import MESSAGES, ExtractionFailed
from messaging.knowledge.sniff import Kind

LONGEST = 16_384
"""Bytes of an input that a fuzzer makes."""
LIMITS = Limits(
    max_chars=20_000,
    max_pages=20,
    max_cells=2_000,
    max_unpacked=1_000_000,
    max_entries=20,
    max_members=10,
    max_wall=10.0,
)
"""So small that an input of a few kilobytes meets each of them."""
_NAMES = ("f", "f.txt", "f.md", "f.csv", "f.tsv", "f.html", "f.eml", "f.zip", "f.docx", "f.pdf", "п\ud800.CSV")
_TITLE = 200
_PART = b"\n\x00--\n"


def hold(data: bytes) -> None:
    """Read a file. Raise AssertionError where it gives neither a text with its places nor a refusal in words.

    The first byte says what is made of the rest, the second what it is called.
    """
    shape, name, rest = data[:1], _NAMES[data[1] % len(_NAMES)] if len(data) > 1 else "f", data[2:]
    content = _SHAPES[shape[0] % len(_SHAPES)](rest) if shape else b""
    try:
        found = _read(content, name)
    except ExtractionFailed as refused:
        assert refused.code in MESSAGES  # noqa: PT017 - what is refused has words of its own
        return
    except RecursionError:
        return  # `bad_archive`, as the child says it
    _has_its_places(found)
    _passages_are_it(found)


def _read(content: bytes, name: str) -> Extracted:
    return asyncio.run(extractor._read(content, extractor.Task("", name, 0, LIMITS)))


def _has_its_places(found: Extracted) -> None:
    text = found.text
    assert found.kind in set(Kind)
    assert any(map(str.isalnum, text))
    assert len(text) <= LIMITS.max_chars
    assert "\0" not in text + found.title, "Postgres stores no NUL"
    assert len(found.title) <= _TITLE
    assert list(found.page_starts) == sorted(found.page_starts)
    assert all(0 <= at < len(text) for at in found.page_starts)
    for sheet, at in found.sheets:
        assert text.startswith(f"## {sheet}"[: len(text) - at], at), "a sheet is not where it should be"
    assert all(code in MESSAGES for _, code in found.skipped)
    json.dumps(asdict(found), ensure_ascii=False).encode()  # half of a surrogate pair does not encode


def _passages_are_it(found: Extracted) -> None:
    passages = chunking.chunk(found.text, found.page_starts)
    assert all(found.text[one.start : one.end] == one.text for one in passages)
    assert all(0 < len(one.text) <= chunking.LONGEST for one in passages)
    assert all(first.end <= second.start for first, second in pairwise(passages)), "two passages overlap"
    assert all(one.page is None or 1 <= one.page <= len(found.page_starts) for one in passages)
    assert "".join("".join(one.text.split()) for one in passages) == "".join(found.text.split()), "text was lost"


def _as_it_is(rest: bytes) -> bytes:
    return rest


def _zipped(rest: bytes) -> bytes:
    """Return an archive of the parts, whose checksums no fuzzer would hit."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        for number, part in enumerate(rest.split(_PART)):
            name, _, content = part.partition(b"\n")
            archive.writestr(zipfile.ZipInfo(name.decode("utf-8", "replace")[:99] or f"{number}.txt"), content)
    return written.getvalue()


def _torn(rest: bytes) -> bytes:
    """Return an archive whose last bytes, its directory, are the fuzzer's to change."""
    whole = _zipped(rest[:-64])
    turned = rest[-64:].rjust(64, b"\0")
    return whole[:-64] + bytes(one ^ other for one, other in zip(whole[-64:], turned, strict=True))


def _mail(rest: bytes) -> bytes:
    return b"From: a@b.test\nTo: c@d.test\nSubject: " + rest


def _sheets(rest: bytes) -> bytes:
    """Return a page of OpenDocument's or Office's own XML in the container that it belongs into."""
    member, mimetype = (
        ("content.xml", b"application/vnd.oasis.opendocument.text"),
        ("content.xml", b"application/vnd.oasis.opendocument.spreadsheet"),
        ("word/document.xml", b""),
        ("xl/workbook.xml", b""),
    )[rest[0] % 4 if rest else 0]
    first = b"mimetype\n" + mimetype if mimetype else b"[Content_Types].xml\n<Types/>"
    return _zipped(_PART.join([first, member.encode() + b"\n" + rest[1:]]))


_SHAPES: tuple[Callable[[bytes], bytes], ...] = (_as_it_is, _zipped, _torn, _mail, _sheets)
SEEDS = (
    b"\x00\x01" + "Отпуск составляет двадцать восемь дней.\n".encode(),
    b"\x00\x01" + "Отпуск составляет двадцать восемь дней.\n".encode("cp1251"),
    b"\x00\x01" + "Отпуск составляет двадцать восемь дней.\n".encode("utf-16"),
    b"\x00\x02" + "# Регламент\n\nТекст\n\n## Раздел\n\n```\nкод\n```\n".encode(),
    b"\x00\x03" + 'Товар;Цена;Остаток\nБолт М6;12,5;400\n"Гайка\nМ8";7;90\n'.encode("cp1251"),
    b"\x00\x05" + '<html><head><meta charset="koi8-r"></head><body><h1>Да</h1><p>Нет'.encode("koi8-r"),
    b"\x00\x09%PDF-1.4\n1 0 obj\n<</Type/Catalog/Pages 2 0 R>>\nendobj\ntrailer\n<</Root 1 0 R>>\n%%EOF\n",
    b"\x00\x00{\\rtf1\\ansi\\ansicpg1251 \\'cf\\'f0\\'e8\\'ea\\'e0\\'e7\\par}",
    b"\x01\x07" + "a.txt\nТекст".encode() + _PART + "b/c.csv\nа;б\n1;2\n".encode() + _PART + b"d.bin\n\x01\x02",
    b"\x02\x07" + "a.txt\nТекст".encode() + bytes(64),
    (
        b"\x03\x06=?utf-8?b?0JTQsA==?=\nDate: x\nContent-Type: multipart/mixed; boundary=b\n\n--b\n"
        b"Content-Type: text/plain; charset=koi8-r\n\n\xf4\xc5\xcb\xd3\xd4\n--b\n"
        b"Content-Disposition: attachment; filename=a.csv\n"
        b"Content-Transfer-Encoding: base64\n\nYTtiCjE7Mgo=\n--b--\n"
    ),
    (
        b"\x04\x00\x00<office:document-content xmlns:office='urn:oasis:names:tc:opendocument:xmlns:office:1.0' "
        b"xmlns:text='urn:oasis:names:tc:opendocument:xmlns:text:1.0'><office:body><office:text>"
        b"<text:h text:outline-level='1'>A</text:h><text:p>B</text:p></office:text></office:body>"
        b"</office:document-content>"
    ),
    (
        b"\x04\x00\x02<w:document xmlns:w='http://schemas.openxmlformats.org/wordprocessingml/2006/main'><w:body>"
        b"<w:p><w:r><w:t>A</w:t></w:r></w:p><w:tbl><w:tr><w:tc><w:p><w:r><w:t>B</w:t></w:r></w:p></w:tc></w:tr>"
        b"</w:tbl></w:body></w:document>"
    ),
)
