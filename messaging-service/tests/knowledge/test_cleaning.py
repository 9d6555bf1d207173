"""What search would not find is mended, and the places stay where they were."""

import unicodedata

import pytest

from messaging.knowledge.cleaning import clean, clean_text, rejoined, unescaped
from messaging.knowledge.extracted import Draft


def test_letters_of_a_mac_become_one_and_unseen_characters_go() -> None:
    assert clean_text(unicodedata.normalize("NFD", "Ёмкий йод")) == "Ёмкий йод"
    assert clean_text("мя\u00adгкий\u200b\u00a0знак\x00") == "мягкий знак "


def test_offsets_move_with_the_text() -> None:
    first, second = "## Пер\u00adвая\n\nстрока\u00ad\n\n", unicodedata.normalize("NFD", "## Чай\n\nйод")

    found = clean(Draft(first + second, page_starts=[0, len(first)], sheets=[("Ча\u00adй", len(first))]))

    assert found.text[found.page_starts[1] :] == "## Чай\n\nйод"
    assert found.sheets == [("Чай", found.page_starts[1])]


@pytest.mark.parametrize(
    ("cut", "whole"),
    [
        ("отпуск предостав- ляется", "отпуск предоставляется"),
        ("если кто- либо против", "если кто-либо против"),
        ("двух- и трёхэтажные", "двух- и трёхэтажные"),
        ("склад - это место", "склад - это место"),
        ("Т- 34 и 2- й", "Т- 34 и 2- й"),
    ],
)
def test_words_cut_at_the_end_of_a_line_are_whole(cut: str, whole: str) -> None:
    assert rejoined(cut) == whole


def test_paths_and_signs_are_as_the_author_wrote_them() -> None:
    escaped = r"\\\\сервер\\папка, \<тег\>, 1\. пункт, | a\|b |"

    assert unescaped(escaped) == r"\\сервер\папка, <тег>, 1. пункт, | a\|b |"
