"""What services say to the vendor's staff is said in Russian too, by the console's dictionary of sentences."""

import json
from typing import Any

from tests.ops import said

LOCALES = said.ROOT / "admin-ui" / "src" / "console" / "locales"


def dictionary(name: str) -> dict[str, Any]:
    return dict(json.loads((LOCALES / name).read_text()))


def test_every_sentence_has_its_russian_and_none_is_left_that_nobody_says() -> None:
    russian = {said.PLACE.sub("{}", sentence) for sentence in dictionary("said.ru.json")}
    found = said.sentences()

    untranslated = {sentence: place for sentence, place in found.items() if sentence not in russian}

    assert untranslated == {}
    assert sorted(russian - set(found)) == []


def test_a_translation_names_the_same_values() -> None:
    for english, russian in dictionary("said.ru.json").items():
        assert sorted(said.PLACE.findall(english)) == sorted(said.PLACE.findall(russian)), english
        assert said.PLACE.sub("", russian).strip(), english


def test_every_check_of_a_diagnosis_has_a_readable_name_in_both_languages() -> None:
    for language in ("en", "ru"):
        assert set(dictionary(f"{language}.json")["words"]["check"]) == said.checks()


def test_the_sentences_of_each_speaker_are_found() -> None:
    found = said.sentences()

    assert "The bot is not in this chat any more. Nothing to do unless it is invited again." in found
    assert "Messaging fails: {}" in found
    assert "The queue {} was paused for this portal by {}: {}" in found
    assert "there is no live token." in found
    assert len(found) > 200
