"""Old Russian texts say nothing of their encoding, and are often short, or all capitals."""

import pytest

from messaging.knowledge.charset import decode


@pytest.mark.parametrize("encoding", ["cp1251", "koi8-r", "cp866", "iso8859-5", "mac-cyrillic", "utf-16-be"])
@pytest.mark.parametrize(
    "text",
    [
        "Обед с часу до двух.",
        "ПРИКАЗ О НАЗНАЧЕНИИ ОТВЕТСТВЕННЫХ",
        "Настройки VPN: откройте GlobalProtect и введите логин Windows",
        "Имя;Отдел\nПётр Щукин;Склад\nЮлия Ёлкина;Бухгалтерия\n",
    ],
)
def test_an_encoding_is_told_by_its_letters(text: str, encoding: str) -> None:
    assert decode(text.encode(encoding)) == text


def test_the_neighbours_are_read_too() -> None:
    assert decode("Як отримати відпустку? Зверніться до кадрів.".encode("cp1251")).startswith("Як отримати")
    assert decode("Der Schlüssel für die Tür hängt am Empfang.".encode("cp1252")).startswith("Der Schlüssel für")


def test_a_damaged_character_does_not_turn_utf8_into_another_encoding() -> None:
    text = "Правила пользования переговорной комнатой. " * 50

    assert decode(text.encode()[:-3] + b"\xd0").startswith("Правила пользования")


@pytest.mark.parametrize("claimed", ["windows-1251", "no-such-thing"])
def test_a_page_that_claims_what_it_is_not_is_read_as_what_it_is(claimed: str) -> None:
    page = f'<html><head><meta charset="{claimed}"></head><body>Правила внутреннего распорядка</body></html>'

    assert decode(page.encode(), is_html=True) == page
    assert decode(page.encode("cp866"), is_html=True).isascii() is False


def test_the_worst_bytes_give_a_text() -> None:
    assert decode(bytes(range(256)) * 10)
