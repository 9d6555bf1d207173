"""Markdown to BB codes: a maintained parser reads it, this renders what Bitrix24 can show (contract 4.7)."""

from collections.abc import Callable, Sequence
from urllib.parse import urlsplit

from markdown_it import MarkdownIt
from markdown_it.token import Token

from bitrix.bbcode import escape

_SCHEMES = {"http", "https", "mailto"}
_MAX_LINK = 1_500
"""Characters; what is longer is shown without its link, or one tag could fill a message."""
_OPEN, _END, _QUOTED = "\x02", "\x03", "\x04"
"""Stand for the brackets and the quotes that are ours until everything else is escaped."""
_OURS = str.maketrans({_OPEN: "[", _END: "]", _QUOTED: ">"})
_FORGED = str.maketrans("", "", _OPEN + _END + _QUOTED)
_parser = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])


def to_bbcode(markdown: str) -> str:
    """Return Markdown as BB codes. What it says is escaped: only its structure becomes tags.

    It is escaped as a whole, for a link that is not shown could join two harmless halves of a tag.
    """
    rendered = _Renderer().render(_parser.parse(markdown.translate(_FORGED)))
    return escape(rendered).translate(_OURS).strip()


def _tag(inner: str) -> str:
    return f"{_OPEN}{inner}{_END}"


class _Renderer:
    """Walks the parser's tokens once, gathering text."""

    def __init__(self) -> None:
        self._out: list[str] = []
        self._lists: list[int | None] = []
        self._quotes = 0
        self._is_first_cell = True

    def render(self, tokens: Sequence[Token]) -> str:
        for token in tokens:
            if handler := _BLOCKS.get(token.type):
                handler(self, token)
        return "".join(self._out)

    def _say(self, text: str) -> None:
        # Every line of a quote begins with >> (contract 4.7); what is quoted twice looks the same.
        self._out.append(text.replace("\n", f"\n{_QUOTED * 2} ") if self._quotes else text)

    def inline(self, token: Token) -> None:
        self._say(_inline(token.children or []))

    def end_block(self, _token: Token) -> None:
        self._say("\n" if self._lists else "\n\n")

    def open_heading(self, _token: Token) -> None:
        self._say(_tag("b"))

    def close_heading(self, _token: Token) -> None:
        self._say(_tag("/b") + "\n")

    def open_bullets(self, _token: Token) -> None:
        self._lists.append(None)

    def open_numbers(self, token: Token) -> None:
        self._lists.append(int(token.attrs.get("start", 1)))

    def close_list(self, _token: Token) -> None:
        self._lists.pop()
        if not self._lists:
            self._say("\n")

    def open_item(self, _token: Token) -> None:
        number = self._lists[-1]
        if number is not None:
            self._lists[-1] = number + 1
        indent = "    " * (len(self._lists) - 1)
        self._say(f"{indent}{'•' if number is None else f'{number}.'} ")

    def open_quote(self, _token: Token) -> None:
        self._quotes += 1
        if self._quotes == 1:
            self._out.append(f"{_QUOTED * 2} ")

    def close_quote(self, _token: Token) -> None:
        self._quotes -= 1
        if self._quotes:
            return
        while self._out and not self._out[-1].strip(f" \n{_QUOTED}"):
            self._out.pop()
        self._out.append("\n\n")

    def code(self, token: Token) -> None:
        self._say(f"{_tag('code')}{_text(token).rstrip()}{_tag('/code')}\n\n")

    def rule(self, _token: Token) -> None:
        self._say("—" * 10 + "\n\n")

    def open_row(self, _token: Token) -> None:
        self._is_first_cell = True

    def close_row(self, _token: Token) -> None:
        self._say("\n")

    def open_cell(self, token: Token) -> None:
        self._say("" if self._is_first_cell else " | ")
        self._is_first_cell = False
        if token.type == "th_open":
            self._say(_tag("b"))

    def close_head_cell(self, _token: Token) -> None:
        self._say(_tag("/b"))


_BLOCKS: dict[str, Callable[[_Renderer, Token], None]] = {
    "inline": _Renderer.inline,
    "paragraph_close": _Renderer.end_block,
    "heading_open": _Renderer.open_heading,
    "heading_close": _Renderer.close_heading,
    "bullet_list_open": _Renderer.open_bullets,
    "ordered_list_open": _Renderer.open_numbers,
    "bullet_list_close": _Renderer.close_list,
    "ordered_list_close": _Renderer.close_list,
    "list_item_open": _Renderer.open_item,
    "blockquote_open": _Renderer.open_quote,
    "blockquote_close": _Renderer.close_quote,
    "fence": _Renderer.code,
    "code_block": _Renderer.code,
    "hr": _Renderer.rule,
    "tr_open": _Renderer.open_row,
    "tr_close": _Renderer.close_row,
    "th_open": _Renderer.open_cell,
    "td_open": _Renderer.open_cell,
    "th_close": _Renderer.close_head_cell,
    "table_close": _Renderer.end_block,
}
_PAIRS = {
    "strong_open": _tag("b"),
    "strong_close": _tag("/b"),
    "em_open": _tag("i"),
    "em_close": _tag("/i"),
    "s_open": _tag("s"),
    "s_close": _tag("/s"),
    "softbreak": "\n",
    "hardbreak": "\n",
}


def _inline(tokens: Sequence[Token]) -> str:
    said: list[str] = []
    links: list[str] = []
    for token in tokens:
        if token.type == "link_open":
            links.append(_href(token, "href"))
            said.append(_tag(f"url={links[-1]}") if links[-1] else "")
        elif token.type == "link_close":
            said.append(_tag("/url") if links.pop() else "")
        elif token.type == "image":
            link, alt = _href(token, "src"), _text(token)
            said.append(f"{_tag(f'url={link}')}{alt or link}{_tag('/url')}" if link else alt)
        else:
            said.append(_PAIRS.get(token.type) or _text(token))
    return "".join(said)


def _text(token: Token) -> str:
    # An entity may have brought back what was taken out of the source.
    return token.content.translate(_FORGED)


def _href(token: Token, name: str) -> str:
    """Return a link that may be shown, "" for any other; brackets in it cannot end the tag."""
    link = str(token.attrs.get(name, "")).translate(_FORGED)
    try:
        scheme = urlsplit(link).scheme.lower()
    except ValueError:
        return ""
    if scheme not in _SCHEMES or len(link) > _MAX_LINK:
        return ""
    return link.replace("[", "%5B").replace("]", "%5D")
