"""A curated answer is given to the question it was written for, and to no other that looks like it."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest

from messaging.knowledge.curated import CuratedAnswers
from messaging.knowledge.document import Curated


def answers(*questions: str) -> CuratedAnswers:
    now = datetime(2026, 11, 26, tzinfo=UTC)
    return CuratedAnswers.of([Curated(uuid4(), one, f"Ответ: {one}", None, 1, now, now) for one in questions])


@pytest.mark.parametrize(
    ("written", "asked"),
    [
        ("Как оформить отпуск?", "подскажите, пожалуйста, как оформить отпуск"),
        ("Где взять справку о доходах?", "Где взять справки о доходах"),
        ("How do I order a badge?", "how do I order badges"),
    ],
)
def test_other_forms_of_the_same_words_ask_the_same(written: str, asked: str) -> None:
    found = answers("Когда зарплата?", written).best(asked)

    assert found is not None
    assert found.question == written


@pytest.mark.parametrize(
    ("written", "asked"),
    [
        ("Как оформить пропуск на парковку?", "Как отменить пропуск на парковку?"),
        ("График отпусков на 2024 год", "График отпусков на 2025 год"),
        ("Можно ли курить в офисе?", "Нельзя ли не курить в офисе?"),
        ("Как оформить отпуск?", "Как оформить отпуск по беременности и родам?"),
        ("Кому звонить при пожаре?", "Кому писать при пожаре?"),
    ],
)
def test_another_matter_in_almost_the_same_words_does_not(written: str, asked: str) -> None:
    assert answers(written).best(asked) is None
