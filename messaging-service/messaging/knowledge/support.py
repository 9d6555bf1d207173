"""Whether what stands around a quote supports a statement. Pure.

A quote alone proves nothing: whoever obeys a poisoned source has one at hand.
"""

import re

from messaging.knowledge.answer import grams_of
from messaging.knowledge.prompt import SYSTEM

_SAID = 0.4
"""Of a statement's 4-grams must stand around its quote: what says the same in other words keeps more than half."""
_LEAK = 6
"""Words in a row."""
_ENOUGH = 20
"""Letters of an alphabet from which on a passage has words to compare with."""
_LINK = re.compile(r"!?\[([^\]]*)\]\([^)]*\)|<?\b[a-z][a-z0-9+.-]*://\S+|\bwww\.\S+|\bmailto:\S+", re.IGNORECASE)
_NUMBER = re.compile(r"\d+(?:[.,]\d+)?")
_CYRILLIC = re.compile("[а-яё]", re.IGNORECASE)
_LATIN = re.compile("[a-z]", re.IGNORECASE)
_CODE = re.compile(r"\w\(|[_{}<>|$\[\]=\\`@]|[^\W\d]\.[^\W\d]|\w/\w")
_EDGES = ".,;:!?()«»\"'"
_DENIAL = re.compile(
    r"\b(?:не|нет|нельзя|никогда|запрещен[оаы]?|запрещён|not|no|never|cannot|forbidden)\b", re.IGNORECASE
)


def why_not(text: str, quote: str, around: str, passage: str, language: str) -> str:
    """Return why a statement may not be shown, "" where it may: `around` are the sentences of its quote."""
    if any(match[0] not in around for match in _LINK.finditer(text)):
        return "link_not_in_source"  # it may carry away what it is told to
    if leaks(text):
        return "says_its_instructions"
    if is_cyrillic(text) != (language == "ru"):
        return "not_in_the_language_asked"
    if (_denies(text) and not _denies(around)) or (_denies(quote) and not _denies(text)):
        return "denies_what_the_source_says"
    return "" if _is_said_by(text, around, passage) else "not_what_the_source_says"


def leaks(text: str) -> bool:
    """Whether a text repeats what the model was told to do."""
    words = _words(text)
    return any(tuple(words[at : at + _LEAK]) in _TOLD for at in range(len(words) - _LEAK + 1))


def is_cyrillic(text: str) -> bool:
    """Whether a text is mostly written in Cyrillic."""
    return len(_CYRILLIC.findall(text)) > len(_LATIN.findall(text))


def _is_said_by(text: str, around: str, passage: str) -> bool:
    """Whether its numbers, its codes and much of its words stand around the quote.

    Words of another language than the passage's cannot be compared; then the rest is what is left.
    """
    if not set(_NUMBER.findall(text)) <= set(_NUMBER.findall(around)):
        return False
    own, other = (_CYRILLIC, _LATIN) if is_cyrillic(text) else (_LATIN, _CYRILLIC)
    words = text.split()
    # An address, a code, a word of another alphabet: people act on such, and no form of a word explains it.
    strange = [word.strip(_EDGES) for word in words if _CODE.search(word) or other.search(word)]
    if any(word.lower() not in around.lower() for word in strange):
        return False
    if len(own.findall(passage)) < _ENOUGH:
        return True
    grams = grams_of(" ".join(word for word in words if own.search(word)))
    return len(grams & grams_of(around)) >= _SAID * max(1, len(grams))


def _denies(text: str) -> bool:
    return bool(_DENIAL.search(text))


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.lower().replace("ё", "е"))


_TOLD = {
    tuple(words[at : at + _LEAK])
    for words in (_words(said) for said in SYSTEM.values())
    for at in range(len(words) - _LEAK + 1)
}
