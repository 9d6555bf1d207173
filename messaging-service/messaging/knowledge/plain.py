"""Text kinds: txt, md, csv, and html once its characters are known."""

import csv
import io
import re
import unicodedata

from messaging.knowledge import office
from messaging.knowledge.charset import decode
from messaging.knowledge.extracted import Draft, Limits
from messaging.knowledge.failures import ExtractionFailed
from messaging.knowledge.rows import lines_of
from messaging.knowledge.sniff import Kind

_CONTROLS = re.compile(r"[\x00-\x08\x0e-\x1f\x7f\ufffd]")
_DELIMITERS = ";\t,|"  # the first of equals counts: Excel in Russia writes ;


async def read(data: bytes, kind: Kind, limits: Limits) -> Draft:
    """Return the text of a whole file.

    Raise ExtractionFailed: `unsupported` where more than one character in 100 is a control or of no encoding,
    `too_large` (a csv's cells), and what `office.read` raises of html.
    """
    text = decode(data, is_html=kind is Kind.HTML)
    if len(_CONTROLS.findall(text)) * 100 > len(text):
        raise ExtractionFailed("unsupported", "control characters in a text")
    if kind is Kind.HTML:
        return await office.read(unicodedata.normalize("NFC", text).encode(), kind, limits)
    if kind is Kind.CSV:
        return _table(text, limits)
    return Draft(text)


def _table(text: str, limits: Limits) -> Draft:
    """Return a csv as lines; as it stands where its quotes do not close."""
    delimiter = _delimiter(text)
    rows: list[list[str]] = []
    cells = 0
    try:
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter):
            cells += len(row)
            if cells > limits.max_cells:
                raise ExtractionFailed("too_large", f"over {limits.max_cells} cells")
            rows.append(row)
    except csv.Error:
        return Draft(text)
    return Draft("\n".join(lines_of(rows, limits.max_chars)))


def _delimiter(text: str) -> str:
    """Return the sign that cuts most of the first lines into the same number of columns."""
    if text.startswith("sep=") and len(text) > 4:  # Excel's own mark
        return text[4] if text[4] in _DELIMITERS else ";"
    sample = text[:20_000].splitlines()[:50]

    def score(delimiter: str) -> int:
        widths = [len(row) for row in csv.reader(sample, delimiter=delimiter) if row]
        usual = max(set(widths), key=widths.count, default=1)
        return widths.count(usual) * (usual > 1)

    return max(_DELIMITERS, key=score)
