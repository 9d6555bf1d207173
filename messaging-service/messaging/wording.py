"""An answer from documents in the messenger's words: BB codes, the source, and what may be asked instead."""

from bitrix.bbcode import escape
from bitrix.markdown import to_bbcode
from messaging import texts
from messaging.domain import Button
from messaging.knowledge.answer import Answer, Citation, Kind
from messaging.rules import RuleAnswer

_BUTTON_LENGTH = 60


def reply(answer: Answer, language: str) -> RuleAnswer:
    """Return what is sent, in `language` unless the answer is to be in another."""
    language = answer.language or language
    if answer.kind is Kind.NO_DOCUMENTS:
        return RuleAnswer(answer.kind, texts.NO_KNOWLEDGE[language])
    if answer.kind is Kind.CURATED:
        return RuleAnswer(answer.kind, to_bbcode(answer.text))
    if answer.kind is Kind.NOT_FOUND:
        buttons = tuple(Button(_cut(heading), say=heading) for heading in answer.near)
        body = texts.NOT_FOUND[language] + (texts.MEANT[language] if buttons else "")
        return RuleAnswer(answer.kind, body, buttons)
    named = dict.fromkeys(source(one, language, with_place=answer.names_place) for one in answer.citations)
    sources = "\n".join(f"[i]{texts.SOURCE[language]}: {one}[/i]" for one in named)
    return RuleAnswer(answer.kind, f"{to_bbcode(answer.text)}\n\n{sources}")


def plain(answer: Answer, language: str) -> str:
    """Return it as text without codes, for who shows the sources by itself."""
    if answer.kind in {Kind.KNOWLEDGE, Kind.CURATED}:
        return answer.text
    language = answer.language or language
    return (texts.NO_KNOWLEDGE if answer.kind is Kind.NO_DOCUMENTS else texts.NOT_FOUND)[language]


def source(citation: Citation, language: str, *, with_place: bool) -> str:
    """Return where a quote stands: the file, and with its place the section and the page."""
    said = [f"[b]{escape(citation.passage.filename)}[/b]"]
    if not with_place:
        return said[0]
    if citation.path:
        said.append(f"{texts.SECTION[language]} «{escape(' › '.join(citation.path))}»")
    if citation.page:
        said.append(f"{texts.PAGE[language]} {citation.page}")
    return ", ".join(said)


def _cut(text: str) -> str:
    return text if len(text) <= _BUTTON_LENGTH else f"{text[: _BUTTON_LENGTH - 1]}…"
