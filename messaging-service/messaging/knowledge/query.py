"""What was asked, made ready to be looked up: the right keyboard layout, no small talk, the company's synonyms."""

import itertools
import re
from collections.abc import Callable, Iterator, Mapping, Sequence

Familiarity = Callable[[Sequence[str]], Sequence[float]]
"""Of each word, the share of its grams that the index has, in 0..1."""

LONGEST = 400
"""Characters of a question that are read."""
_LATIN = "qwertyuiop[]asdfghjkl;'zxcvbnm,.`QWERTYUIOP{}ASDFGHJKL:\"ZXCVBNM<>~"
_RUSSIAN = "йцукенгшщзхъфывапролджэячсмитьбюёЙЦУКЕНГШЩЗХЪФЫВАПРОЛДЖЭЯЧСМИТЬБЮЁ"
_TO_RUSSIAN = str.maketrans(_LATIN, _RUSSIAN)
_TO_LATIN = str.maketrans(_RUSSIAN, _LATIN)
_RUSSIAN_LETTER = re.compile("[а-яё]", re.IGNORECASE)
_LATIN_LETTER = re.compile("[a-z]", re.IGNORECASE)
_WORD = re.compile(r"\w+")
_ENDING = 3
_SURE = 4
"""Letters from which on a word is judged by itself."""
_KNOWN = 0.5
"""The share of its grams from which on a word is familiar: one with a typing error has about half of them."""
_CERTAINLY_KNOWN = 1 - _KNOWN / 2
"""A word above it cannot be known better by as much as a retyped one has to be."""
_PHRASES = re.compile(
    r"\b(?:добр\w+ (?:день|дня|вечер|вечера|утро|утра|времени суток)|не могу (?:разобраться|понять|найти)|"
    r"где (?:про это |об этом |это )?(?:написано|прочитать|почитать|посмотреть|найти)(?: про| об?)?(?: тему)?|"
    r"что для этого (?:нужно |надо )?(?:сделать)?|с чего начать|кто знает)\b"
)
_SMALL_TALK = """
    а алло бы вас ваш вы ли как какая какие какой какое мне меня мы нам надо нужен нужна нужно нужны хочу
    хотел хотела это этого этом я ты тебе вам же ну вот тут там здесь просто вообще можно можете могу может
    можешь возможно есть подскажи подскажите подскажешь подсказать скажи скажите расскажи расскажите
    рассказать объясни объясните поясни поясните покажи покажите помоги помогите пожалуйста пожалуй плиз плз
    пж спс спасибо благодарю заранее привет приветствую здравствуйте здравствуй здрасте коллеги ребята ребят
    народ разобраться интересует интересно что чего чем кто где зачем почему значит сделать написано кстати
    короче please hi hello hey thanks thank you could can would tell me how what where which who is are the
    do does i to a an my we our сколько когда куда откуда какого каких каким какую чей чья
"""
_IDLE_WORDS = frozenset(_SMALL_TALK.split())


def wordings(query: str, synonyms: Mapping[str, Sequence[str]], familiarity: Familiarity) -> Iterator[str]:
    """Yield what to look up: the question itself, then with synonyms in place of its words."""
    said = without_small_talk(with_layout_repaired(query[:LONGEST], familiarity))
    yield said
    yield from _reworded(said, synonyms)


def with_layout_repaired(query: str, familiarity: Familiarity) -> str:
    """Retype what was typed in the wrong keyboard layout: rfccs -> кассы, цуирщщл -> webhook.

    A word is retyped where the index knows it better so; where that befell most of what was typed in an alphabet,
    or nothing else of it is known as it stands, the rest of it is retyped too.
    """
    words = query.split()
    for letter, other, table in (
        (_LATIN_LETTER, _RUSSIAN_LETTER, _TO_RUSSIAN),
        (_RUSSIAN_LETTER, _LATIN_LETTER, _TO_LATIN),
    ):
        places = [at for at, word in enumerate(words) if letter.search(word) and not other.search(word)]
        typed = [words[at] for at in places]
        before = familiarity(typed)
        if all(one > _CERTAINLY_KNOWN for one in before):
            continue  # none could be known enough better, as nearly every question's words are
        after = familiarity([word.translate(table) for word in typed])
        wrong = [
            at
            for at, one, two in zip(places, before, after, strict=True)
            if len(words[at]) >= _SURE and two >= max(_KNOWN, one + _KNOWN / 2)
        ]
        kept_known = any(one >= _KNOWN for at, one in zip(places, before, strict=True) if at not in wrong)
        if wrong and (not kept_known or 2 * sum(len(words[at]) for at in wrong) > sum(map(len, typed))):
            wrong = places
        for at in wrong:
            words[at] = words[at].translate(table)
    return " ".join(words)


def without_small_talk(query: str) -> str:
    """Drop greetings, thanks and question words, unless nothing else was said."""
    said = " ".join(_WORD.findall(query.lower().replace("ё", "е")))
    words = [word for word in _PHRASES.sub(" ", said).split() if word not in _IDLE_WORDS]
    return " ".join(words) or said


def _reworded(said: str, synonyms: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """Yield the question with a phrase replaced by what the company calls alike, in any form of its words."""
    words = said.split()
    for name, others in synonyms.items():
        alike = [_WORD.findall(phrase.lower().replace("ё", "е")) for phrase in (name, *others)]
        for phrase in alike:
            place = next((at for at in range(len(words)) if _begins_with(words[at:], phrase)), None)
            if place is not None and phrase:
                yield from (
                    " ".join([*words[:place], *other, *words[place + len(phrase) :]])
                    for other in alike
                    if other and other != phrase
                )


def _begins_with(words: Sequence[str], phrase: Sequence[str]) -> bool:
    return len(words) >= len(phrase) and all(map(_are_forms, words, phrase))


def _are_forms(one: str, other: str) -> bool:
    """Tell whether two words differ in no more than an ending: договор, договорами."""
    shared = sum(1 for _ in itertools.takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))
    return one == other or (shared >= _SURE and max(len(one), len(other)) - shared <= _ENDING)
