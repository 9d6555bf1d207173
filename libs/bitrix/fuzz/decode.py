"""atheris on all that reads a stranger's bytes: `make fuzz`. A crash is an exception or a bound that breaks."""

import sys

import atheris

with atheris.instrument_imports(include=["bitrix"]):
    import orjson

    from bitrix import phpform, wire
    from bitrix.bbcode import escape
    from bitrix.events import without_mentions
    from bitrix.markdown import to_bbcode
    from bitrix.parts import MIN_LENGTH, split


def read(body: bytes) -> None:
    """Read bytes as the gateway and messaging do, form and JSON, and show their text as a reply would."""
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
    without_mentions(text, 812)
    assert ">>" not in escape(text)
    assert all(len(part) <= MIN_LENGTH for part in split(to_bbcode(text), MIN_LENGTH))


if __name__ == "__main__":
    atheris.Setup(sys.argv, read)
    atheris.Fuzz()
