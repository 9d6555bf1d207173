"""What xberg reads: pdf, the Office and OpenDocument kinds, rtf and html."""

import re
from typing import Final

import xberg

from messaging.knowledge.cleaning import rejoined, unescaped
from messaging.knowledge.extracted import Draft, Limits
from messaging.knowledge.failures import ExtractionFailed
from messaging.knowledge.language import language_of
from messaging.knowledge.rows import lines_of
from messaging.knowledge.sniff import Kind

_OOXML: Final = "application/vnd.openxmlformats-officedocument."
_ODF: Final = "application/vnd.oasis.opendocument."
_MIMES: Final = {
    Kind.PDF: "application/pdf",
    Kind.DOCX: _OOXML + "wordprocessingml.document",
    Kind.XLSX: _OOXML + "spreadsheetml.sheet",
    Kind.PPTX: _OOXML + "presentationml.presentation",
    Kind.DOC: "application/msword",
    Kind.XLS: "application/vnd.ms-excel",
    Kind.PPT: "application/vnd.ms-powerpoint",
    Kind.ODT: _ODF + "text",
    Kind.ODS: _ODF + "spreadsheet",
    Kind.ODP: _ODF + "presentation",
    Kind.RTF: "application/rtf",
    Kind.HTML: "text/html",
}
_PAGED = {Kind.PDF, Kind.PPTX, Kind.PPT, Kind.ODP}
_SHEETS = {Kind.XLSX, Kind.XLS, Kind.ODS}
_ERRORS: Final = (  # xberg raises RuntimeError for everything: its words are all there is to tell by
    (re.compile(r"password|encrypted", re.IGNORECASE), "encrypted"),
    (
        re.compile(r"zip bomb|too many files|uncompressed size|compression ratio|archive.*limit", re.IGNORECASE),
        "bad_archive",
    ),
    (re.compile(r"too many pages|limit exceeded|security violation", re.IGNORECASE), "too_large"),
    (re.compile(r"timed? ?out", re.IGNORECASE), "timeout"),
)
_FRONT_MATTER = re.compile(r"\A---\n\n## title: [^\n]*\n+")
_TAIL = 4096


async def read(data: bytes, kind: Kind, limits: Limits) -> Draft:
    """Return the text of a whole file of a kind in `_MIMES`.

    Raise ExtractionFailed: `corrupt`, `encrypted`, `too_large` (pages, cells), `bad_archive`, `timeout`,
    `no_text_layer` (a pdf without letters).
    """
    if kind is Kind.PDF and b"%%EOF" not in data.rstrip(b"\x00\r\n ")[-_TAIL:]:
        # xberg would repair it in silence and return the pages that came: a policy with half of its rules.
        raise ExtractionFailed("corrupt", "the pdf has no end")
    document = await _extract(data, kind, limits)
    title = document.metadata.title or ""
    if kind in _SHEETS:
        return _sheets(document, limits, title)
    if kind in _PAGED and document.pages:
        return _pages(document, kind, title)
    # The pages keep their headings where the whole lost them: xberg composes й, then drops its own Markdown.
    parts = [page.content.strip() for page in document.pages or []] or [_FRONT_MATTER.sub("", document.content)]
    return Draft(unescaped("\n\n".join(parts)), title=title)


async def _extract(data: bytes, kind: Kind, limits: Limits) -> xberg.ExtractedDocument:
    config = xberg.ExtractionConfig(
        output_format="markdown",
        use_cache=False,
        disable_ocr=True,
        escape_markdown=False,
        extraction_timeout_secs=max(1, int(limits.max_wall)),
        images=xberg.ImageExtractionConfig(
            extract_images=False, inject_placeholders=False, run_ocr_on_images=False
        ),
        pages=xberg.PageConfig(extract_pages=True),
        security_limits=xberg.SecurityLimits(
            max_archive_size=limits.max_unpacked,
            max_compression_ratio=limits.max_ratio,
            max_files_in_archive=limits.max_entries,
            max_content_size=limits.max_unpacked,
            max_table_cells=limits.max_cells,
            max_pages=limits.max_pages,
        ),
    )
    # Only bytes: a `uri` would open paths and addresses that the document's sender chose.
    source = xberg.ExtractInput(kind="bytes", bytes=data, mime_type=_MIMES[kind])
    try:
        found = await xberg.extract(source, config)
    except RuntimeError as error:
        code = next((code for words, code in _ERRORS if words.search(str(error))), "corrupt")
        raise ExtractionFailed(code, str(error)[:500]) from error
    return found.results[0]


def _pages(document: xberg.ExtractedDocument, kind: Kind, title: str) -> Draft:
    """Join the pages, a slide with its speaker's notes, which xberg leaves out of the whole text."""
    draft = Draft("", title=title)
    parts: list[str] = []
    length = 0
    label = "Speaker's notes" if language_of(document.content) == "en" else "Заметки докладчика"
    for page in document.pages or []:
        notes = f"\n\n{label}: {page.speaker_notes.strip()}" if page.speaker_notes else ""
        content = unescaped(page.content.strip())
        part = (rejoined(content) if kind is Kind.PDF else content) + notes + "\n\n"
        draft.page_starts.append(length)
        parts.append(part)
        length += len(part)
    draft.text = "".join(parts)
    draft.pages = len(parts)
    if kind is Kind.PDF and not _has_text(draft.text, draft.pages):
        raise ExtractionFailed("no_text_layer")
    return draft


def _has_text(text: str, pages: int) -> bool:
    """Tell a text from a scan: a stamp or a page number is fewer than eight letters a page.

    A font without a map to Unicode gives private use characters, which are no letters.
    """
    return sum(map(str.isalpha, text)) > 8 * (pages - 1)


def _sheets(document: xberg.ExtractedDocument, limits: Limits, title: str) -> Draft:
    """Join the sheets, each under a heading of its name, a row a line that repeats the header."""
    draft = Draft("", title=title, pages=len(document.pages or []))
    parts: list[str] = []
    length = 0
    for sheet in document.pages or []:
        lines = [line for table in sheet.tables for line in lines_of(table.cells, limits.max_chars - length)]
        if not lines:
            continue
        name = sheet.sheet_name or f"{len(draft.sheets) + 1}"
        part = f"## {name}\n\n" + "\n".join(lines) + "\n\n"
        draft.sheets.append((name, length))
        parts.append(part)
        length += len(part)
        if length > limits.max_chars:
            break
    draft.text = "".join(parts)
    return draft
