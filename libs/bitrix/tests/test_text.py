"""Text for the messenger: nothing from outside forges a tag, Markdown keeps its structure, parts lose nothing."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bitrix.bbcode import WORD_JOINER, escape
from bitrix.markdown import to_bbcode
from bitrix.parts import MIN_LENGTH, split

EVERY_TAG = re.compile(
    r"\[(/?)(b|i|u|s|size|color|url|user|chat|br|code|img|icon|send|put|call|timestamp|context|disk)\b([^\]]*)\]",
    re.IGNORECASE,
)
OURS = {"b", "i", "s", "code", "url"}

pieces = st.sampled_from(
    [
        *("[", "]", "(", ")", "/", "=", "*", "**", "_", "~~", "`", "```\n", ">", ">>", "\n", "\n\n", "- ", "1. "),
        *("send", "put", "user=all", "url=", "b", "[send=1]x[/send]", "[/code]", "[/b]", "[se", "nd=1]", "\\["),
        *(
            "](javascript:x)",
            "](https://a.b)",
            "![",
            "<http://c.d>",
            "&#91;",
            "&#2;",
            "\x02",
            "\x03",
            "|",
            "---|---\n",
        ),
        *("-" * 60, "    ", "Ё", "x"),
    ]
)
hostile = st.lists(pieces, max_size=30).map("".join)


def tags(text: str) -> list[tuple[bool, str, str]]:
    return [(bool(end), name.lower(), value) for end, name, value in EVERY_TAG.findall(text)]


def unbalanced(text: str) -> list[str]:
    """The tags that stand open at the end or were closed without being open."""
    stack: list[str] = []
    for is_end, name, _ in tags(text):
        if is_end and stack[-1:] == [name]:
            stack.pop()
        elif is_end:
            return [f"/{name}"]
        else:
            stack.append(name)
    return stack


@given(st.text() | hostile)
def test_escaped_text_holds_no_tag_no_quoted_line_and_no_rule(text: str) -> None:
    escaped = escape(text)

    assert tags(escaped) == []
    assert ">>" not in escaped
    assert "-" * 54 not in escaped
    assert escape(escaped) == escaped


@given(st.text("[]/=abcsendput \n"))
def test_escaping_adds_nothing_that_can_be_seen(text: str) -> None:
    assert escape(text).replace(WORD_JOINER, "") == text


@given(st.text() | hostile)
@example("[se[nd](javascript:1)=rm]press[/send]")
@example("[se![nd](x:y)=1]")
@example("`[/code][send=1]`")
@example("    [/code][send=1]x[/send]")
@example("[x](https://a.b/[send=1])")
@example("&#91;send=1&#93;")
@example("\x02send=1\x03")
def test_markdown_becomes_only_tags_of_ours_all_closed(markdown: str) -> None:
    text = to_bbcode(markdown)

    assert {name for _, name, _ in tags(text)} <= OURS
    assert all(
        re.match(r"=(https?|mailto):", value) for end, name, value in tags(text) if name == "url" and not end
    )
    assert unbalanced(text) == []


@pytest.mark.parametrize(
    ("markdown", "shown"),
    [
        ("**Да**, *может* быть, ~~нет~~", "[b]Да[/b], [i]может[/i] быть, [s]нет[/s]"),
        ("# Итог\nтекст", "[b]Итог[/b]\nтекст"),
        ("- a\n- b\n  - c\n\nd", "• a\n• b\n    • c\n\nd"),
        ("3. a\n4. b", "3. a\n4. b"),
        ("> a\n> b\n\nc", ">> a\n>> b\n\nc"),
        ("[курс](https://lms.example.test/c/118)", "[url=https://lms.example.test/c/118]курс[/url]"),
        ("![схема](https://a.b/c.png)", "[url=https://a.b/c.png]схема[/url]"),
        ("[x](ftp://a.b)", "x"),
        ("[x](https://[)", "[url=https://%5B]x[/url]"),
        ("```\na  b\n```", "[code]a  b[/code]"),
        ("|a|b|\n|-|-|\n|1|2|", "[b]a[/b] | [b]b[/b]\n1 | 2"),
        ("a\n\n---\n\nb", "a\n\n——————————\n\nb"),
        ("см. [1] и [2]", "см. [1] и [2]"),
        ("2 < 3 & 4", "2 < 3 & 4"),
    ],
)
def test_markdown_reads_as_it_was_meant(markdown: str, shown: str) -> None:
    assert to_bbcode(markdown) == shown


words = st.sampled_from(
    ["слово", "a", "👍", "[b]", "[/b]", "[i]", "[/i]", "[url=https://a.b]", "[/url]", "[code]"]
)
more = st.sampled_from(
    ["[/code]", "\n", "\n\n", " ", ">> ", "x" * 3000, "y " * 2000, "[u]", "[/u]", "[color=#f00]"]
)


@given(st.lists(words | more | st.text(max_size=20), max_size=60).map("".join), st.integers(MIN_LENGTH, 12_000))
def test_a_long_text_falls_into_parts_that_lose_nothing(text: str, length: int) -> None:
    parts = split(text, length)

    assert all(len(part) <= length for part in parts)
    assert all(part.strip() for part in parts)
    assert _seen("".join(parts)) == _seen(text)


def _seen(text: str) -> str:
    return re.sub(r"\[/?(b|i|u|s|url|code|color|size)[^\[\]\n]*\]|[\s>]", "", text, flags=re.IGNORECASE)


@given(
    st.lists(
        st.sampled_from(["# h\n", "**b *i***\n", "> q\n\n", "слово " * 400 + "\n\n", "```\nx\n```\n"]), max_size=40
    )
)
def test_parts_of_rendered_markdown_are_each_well_formed(blocks: list[str]) -> None:
    for part in split(to_bbcode("".join(blocks)), MIN_LENGTH):
        assert unbalanced(part) == []


def test_a_part_ends_at_a_paragraph_and_opens_again_what_was_open() -> None:
    text = "[b]" + "а " * 3000 + "\n\n" + "б" * 5000 + "[/b]\n\n" + "в" * 3000

    first, second = split(text, 10_000)

    assert first == "[b]" + "а " * 2999 + "а[/b]"
    assert second == "[b]" + "б" * 5000 + "[/b]\n\n" + "в" * 3000


def test_a_link_that_stands_on_the_border_is_not_cut_through() -> None:
    link = "[url=https://lms.example.test/" + "c" * 1000 + "]"
    text = "x" * 8_500 + link + "курс[/url]"

    parts = split(text, MIN_LENGTH)

    assert parts == ["x" * 8_500, link + "курс[/url]"]


@pytest.mark.timeout(10)
def test_a_text_of_nothing_but_tags_takes_no_longer_than_another() -> None:
    """It took six minutes while every place for a cut read the text from its beginning."""
    assert split("[b]" * 6_000, MIN_LENGTH) == []


def test_a_quote_goes_on_as_a_quote() -> None:
    parts = split(">> " + "слово " * 2000, MIN_LENGTH)

    assert all(part.startswith(">> слово") for part in parts)


@pytest.mark.parametrize(("text", "parts"), [("", []), (" \n ", []), ("коротко", ["коротко"])])
def test_what_is_short_is_one_part(text: str, parts: list[str]) -> None:
    assert split(text) == parts
