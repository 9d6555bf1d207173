"""The PHP form codec against the platform's own bodies, PHP's rules and hostile bytes."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitrix import phpform

EVENTS = Path(__file__).parents[3] / "tests/fixtures/bitrix24/events"
BODIES = sorted(EVENTS.glob("*.txt"))

names = st.text(st.characters(exclude_characters="[]\0", exclude_categories=["Cs"]), min_size=1)
texts = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))
values = st.recursive(texts, lambda inner: st.dictionaries(names, inner, min_size=1), max_leaves=12)


@pytest.mark.parametrize("path", BODIES, ids=lambda path: path.stem)
def test_every_sample_body_round_trips_to_the_same_bytes(path: Path) -> None:
    body = path.read_bytes()

    decoded = phpform.decode(body)

    assert decoded.error is None
    assert phpform.encode(decoded.fields) == body


def test_an_event_decodes_into_nested_maps_of_strings() -> None:
    body = (EVENTS / "09-v2-messageadd-private.txt").read_bytes()

    data = phpform.decode(body).fields["data"]

    assert isinstance(data, dict)
    message, user = data["message"], data["user"]
    assert isinstance(message, dict)
    assert isinstance(user, dict)
    assert message["text"] == (
        "Здравствуйте! 👋 Как пройти курс «Пожарная безопасность» — до 25.09? 100% & <b>срочно</b> + отпуск"
    )
    assert user["extranet"] == "0"
    assert user["departments"] == {"0": "1", "1": "5"}


@given(st.dictionaries(names, values))
def test_what_is_encoded_is_decoded_again(fields: phpform.Fields) -> None:
    assert phpform.decode(phpform.encode(fields)) == phpform.Decoded(fields)


@given(st.binary(max_size=300))
def test_arbitrary_bytes_never_raise(body: bytes) -> None:
    decoded = phpform.decode(body)

    assert decoded.error is None or decoded.fields == {}


@given(st.text("ab[]=&%0+1", max_size=60))
def test_text_near_the_grammar_never_raises_and_holds_no_nul(body: str) -> None:
    decoded = phpform.decode(body.encode())

    assert "\0" not in repr(decoded.fields)
    assert "\\x00" not in repr(decoded.fields)


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (b"a=1&a=2", phpform.DUPLICATE_KEY),
        (b"a=1&%61=2", phpform.DUPLICATE_KEY),
        (b"a[b]=1&a[b]=1", phpform.DUPLICATE_KEY),
        (b"a=1&a[b]=2", phpform.KEY_CONFLICT),
        (b"a[b]=2&a=1", phpform.KEY_CONFLICT),
        (b"a[b=1", phpform.MALFORMED),
        (b"a[b]c=1", phpform.MALFORMED),
        (b"a[b[c]]=1", phpform.MALFORMED),
        (b"[a]=1", phpform.MALFORMED),
        (b"=1", phpform.MALFORMED),
        (b"a" + b"[b]" * 12 + b"=1", phpform.TOO_DEEP),
        (b"&".join(b"k%d=" % n for n in range(5001)), phpform.TOO_MANY_KEYS),
        (b"a=" + b"x" * (1024 * 1024), phpform.TOO_LARGE),
    ],
)
def test_a_body_that_breaks_a_rule_is_refused_whole(body: bytes, error: str) -> None:
    assert phpform.decode(body) == phpform.Decoded({}, error)


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        (b"", {}),
        (b"&&a=1&", {"a": "1"}),
        (b"a", {"a": ""}),
        (b"a=b=c", {"a": "b=c"}),
        (b"a=1+2%2B3", {"a": "1 2+3"}),
        (b"a[]=x&a[]=y", {"a": {"0": "x", "1": "y"}}),
        (b"a[5]=x&a[]=y", {"a": {"5": "x", "6": "y"}}),
        (b"a[][b]=x&a[][b]=y", {"a": {"0": {"b": "x"}, "1": {"b": "y"}}}),
        (b"a=%00x\0y&b%00=%%0000", {"a": "xy", "b": "%00"}),
        (b"a=%FF\xfe%D0", {"a": "\ufffd\ufffd\ufffd"}),
        (b"a=%zz%", {"a": "%zz%"}),
        (b"a" + b"[b]" * 11 + b"=1", None),
        (b"&".join(b"k%d=" % n for n in range(5000)), None),
    ],
)
def test_a_body_within_the_rules_is_read_as_php_reads_it(body: bytes, fields: phpform.Fields | None) -> None:
    decoded = phpform.decode(body)

    assert decoded.error is None
    assert fields is None or decoded.fields == fields


def test_many_appends_stay_linear() -> None:
    body = b"&".join([b"a[]="] * 5000)

    items = phpform.decode(body).fields["a"]

    assert len(items) == 5000


def test_encoding_follows_http_build_query() -> None:
    fields: dict[str, phpform.Encodable] = {
        "t": True, "f": False, "n": None, "i": 7, "e": [], "m": {}, "l": ["a b", {"x": "~"}], "k[]": "Ё",
    }  # fmt: skip

    assert phpform.encode(fields) == b"t=1&f=0&i=7&l%5B0%5D=a+b&l%5B1%5D%5Bx%5D=%7E&k%5B%5D=%D0%81"
