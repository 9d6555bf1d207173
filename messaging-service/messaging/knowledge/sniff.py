"""The kind of a file by its content. Its name only tells md, csv, html and txt apart, which content cannot.

Own signatures and the containers' own directories instead of libmagic: the allow-list is short, libmagic is C code
that would read strangers' bytes, calls text by its language (a Russian csv is text/plain), and its wheels on PyPI
(pylibmagic) are of 2023.
"""

import io
import re
import zipfile
from enum import StrEnum
from pathlib import PurePath

import olefile

from messaging.knowledge.failures import ExtractionFailed
from messaging.knowledge.guard import BROKEN


class Kind(StrEnum):
    """What is read."""

    PDF = "pdf"
    DOCX = "docx"
    XLSX = "xlsx"
    PPTX = "pptx"
    DOC = "doc"
    XLS = "xls"
    PPT = "ppt"
    ODT = "odt"
    ODS = "ods"
    ODP = "odp"
    RTF = "rtf"
    HTML = "html"
    EML = "eml"
    CSV = "csv"
    MD = "md"
    TXT = "txt"
    ZIP = "zip"


_HEAD = 65_536
_BOMS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")
_OFFICE = (("word/document", Kind.DOCX), ("xl/workbook", Kind.XLSX), ("ppt/presentation", Kind.PPTX))
_OPEN_DOCUMENT = {
    b"application/vnd.oasis.opendocument.text": Kind.ODT,
    b"application/vnd.oasis.opendocument.spreadsheet": Kind.ODS,
    b"application/vnd.oasis.opendocument.presentation": Kind.ODP,
}
_OLE = {"worddocument": Kind.DOC, "workbook": Kind.XLS, "book": Kind.XLS, "powerpoint document": Kind.PPT}
_BY_NAME = {".md": Kind.MD, ".markdown": Kind.MD, ".csv": Kind.CSV, ".tsv": Kind.CSV}
_HTML = re.compile(
    rb"\s*+(?:<\?xml[^>]*+>\s*+)?+(?:<!--(?>.*?-->)\s*+)*+<(?:!doctype\s+html|html|head|body)\b",
    re.IGNORECASE | re.DOTALL,
)
_TAG = re.compile(rb"<(p|div|table|h[1-6]|br|span|meta|title|ul)\b", re.IGNORECASE)
_HEADER = re.compile(rb"([A-Za-z][A-Za-z0-9-]*):|[ \t]+\S")
_MAIL = {b"from", b"to", b"subject", b"date", b"received", b"message-id", b"mime-version", b"return-path"}
_CONTROLS = bytes(set(range(32)) - set(b"\t\n\r\f\x1a")) + b"\x7f"  # Ctrl-Z ends a DOS text


def sniff(data: bytes, filename: str) -> Kind:
    """Return the kind of a whole file.

    Raise ExtractionFailed: `empty`, `unsupported` (no allowed kind), `encrypted` (Office under a password) and
    `corrupt` (a container whose directory cannot be read).
    """
    head = data[:_HEAD]
    if not head.strip(b"\x00 \t\r\n"):
        raise ExtractionFailed("empty")
    if head.lstrip().startswith(b"%PDF-"):
        return Kind.PDF
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _in_zip(data)
    if head.startswith(olefile.MAGIC):
        return _in_ole(data)
    if head.startswith(b"{\\rtf"):
        return Kind.RTF
    if utf16 := wide_encoding(head):
        return _in_text(head[: len(head) // 2 * 2].decode(utf16, "replace").lstrip("\ufeff").encode(), filename)
    if is_text(head):
        return _in_text(head.removeprefix(_BOMS[0]), filename)
    if b"%PDF-" in head[:1024]:  # the standard allows a foreign header before it
        return Kind.PDF
    raise ExtractionFailed("unsupported", f"begins with {head[:8].hex()}")


def is_text(head: bytes) -> bool:
    """Tell whether bytes are text of a one-byte encoding or UTF-8: no NUL, at most one control character in 100.

    Random bytes have eleven in 100, every image and program a NUL.
    """
    return b"\x00" not in head and len(head) - len(head.translate(None, _CONTROLS)) <= len(head) // 100


def wide_encoding(head: bytes) -> str:
    """Return utf-16-le or utf-16-be if the bytes are text of it, with or without a mark, else ""."""
    if head.startswith(_BOMS[1]):
        return "utf-16-le"
    if head.startswith(_BOMS[2]):
        return "utf-16-be"
    if len(head) < 8 or (len(head) % 2 and len(head) < _HEAD):
        return ""
    for order, high, low in (("utf-16-le", head[1::2], head[0::2]), ("utf-16-be", head[0::2], head[1::2])):
        latin_or_cyrillic = sum(high.count(byte) for byte in (0x00, 0x04, 0x20))
        if latin_or_cyrillic > 0.95 * len(high) and low.count(0) < 0.02 * len(low):
            return order
    return ""


def _in_zip(data: bytes) -> Kind:
    """Tell by a container's own directory, which is read without unpacking anything but 50 bytes."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = set(archive.namelist())
            if "mimetype" in names:
                with archive.open("mimetype") as member:
                    kind = _OPEN_DOCUMENT.get(member.read(64).strip())
                if kind is not None:
                    return kind
    except BROKEN as error:
        raise ExtractionFailed("corrupt", str(error)) from error
    if "[Content_Types].xml" not in names:
        return Kind.ZIP
    for part, kind in _OFFICE:
        if any(name.startswith(part) and name.endswith(".xml") for name in names):
            return kind
    raise ExtractionFailed("unsupported", "an Office container without a document, a workbook or slides")


def _in_ole(data: bytes) -> Kind:
    try:
        with olefile.OleFileIO(data) as container:
            streams = {path[0].lower() for path in container.listdir(streams=True, storages=False)}
            is_locked_word = "worddocument" in streams and _is_locked_word(container)
    except (OSError, ValueError, IndexError) as error:
        raise ExtractionFailed("corrupt", str(error)) from error
    if "encryptedpackage" in streams or is_locked_word:
        raise ExtractionFailed("encrypted")
    for stream, kind in _OLE.items():
        if stream in streams:
            return kind
    raise ExtractionFailed("unsupported", "an OLE container of another program")


def _is_locked_word(container: olefile.OleFileIO) -> bool:
    """Read fEncrypted of the FIB ([MS-DOC] 2.5.2): bit 8 of the word at offset 10."""
    flags = container.openstream("WordDocument").read(12)[10:12]
    return bool(int.from_bytes(flags, "little") & 0x0100)


def _in_text(head: bytes, filename: str) -> Kind:
    suffix = PurePath(filename.lower()).suffix
    if _HTML.match(head) or (suffix in {".html", ".htm", ".xhtml"} and _TAG.search(head)):
        return Kind.HTML
    if suffix in _BY_NAME:
        return _BY_NAME[suffix]
    if _is_mail(head):
        return Kind.EML
    if head.lstrip().startswith((b"<?xml", b"<svg")) and suffix != ".txt":
        raise ExtractionFailed("unsupported", "XML of no allowed kind")
    return Kind.TXT


def _is_mail(head: bytes) -> bool:
    """Tell whether it begins with a block of headers, three of which every mail has."""
    found = set()
    for line in head.lstrip().splitlines():
        if not line.strip():
            break
        if not (match := _HEADER.match(line)):
            return False
        found.add((match[1] or b"").lower())
    return len(found & _MAIL) >= 3
