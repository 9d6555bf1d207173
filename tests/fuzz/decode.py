"""The form decoder and what reads an event from it, as the gateway and messaging do."""

import orjson

from bitrix import phpform, wire
from bitrix.events import without_mentions

LONGEST = 8_192
"""Bytes of an input that a fuzzer makes."""
SEEDS: tuple[bytes, ...] = ()
"""The recorded events of tests/fixtures beside these."""
_BOT = 812


def hold(body: bytes) -> None:
    """Read bytes as a form and as JSON. Raise AssertionError where what must hold does not."""
    decoded = phpform.decode(body)
    assert len(wire.read(decoded.fields).member_id) <= 64
    try:
        answer = orjson.loads(body)
    except orjson.JSONDecodeError:
        answer = None
    if isinstance(answer, dict):
        wire.read(answer)
    wire.read_fetched(answer, "m")
    text = body.decode("utf-8", "replace")
    assert len(without_mentions(text, _BOT)) <= len(text)
