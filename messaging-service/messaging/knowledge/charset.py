"""From the bytes of a text file to its characters: Russian files come in five encodings."""

import re

from charset_normalizer import from_bytes

from messaging.knowledge.sniff import wide_encoding

CANDIDATES = ["cp1251", "koi8_r", "cp866", "mac_cyrillic", "iso8859_5", "cp1252"]
_META = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([A-Za-z0-9_-]{2,40})", re.IGNORECASE)
_SAMPLE = 50_000
_HIGH = bytes(range(128, 256))
_NOT_ASCII = re.compile(rb"[\x80-\xff]")


def decode(data: bytes, *, is_html: bool = False) -> str:
    """Return the text. Never fails: what fits no encoding comes with U+FFFD.

    The order: a byte order mark; UTF-8 (three damaged characters in a thousand are still UTF-8: no other encoding
    looks so); UTF-16 by its zeros; html's own meta, unless its bytes do not fit; then a detector.
    """
    if wide := wide_encoding(data[:65_536]):
        return data.decode(wide, "replace").removeprefix("\ufeff")
    text = data.decode("utf-8-sig", "replace")
    if text.count("\ufffd") * 1000 <= 3 * (len(data) - len(data.translate(None, _HIGH))):
        return text
    if is_html and (declared := _META.search(data[:4096])):
        try:
            return data.decode(declared[1].decode())
        except (LookupError, UnicodeDecodeError):
            pass  # the page claims what it is not
    return data.decode(_detect(data), "replace")


def _detect(data: bytes) -> str:
    """Guess by a sample around the first letters beyond ASCII; cp1251 where nothing fits."""
    first = _NOT_ASCII.search(data)
    start = max(0, first.start() - 1000) if first else 0
    best = from_bytes(data[start : start + _SAMPLE], cp_isolation=CANDIDATES).best()
    return best.encoding if best else "cp1251"
