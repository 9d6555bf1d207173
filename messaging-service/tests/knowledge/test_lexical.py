"""Employees ask in their own words and with their own errors, and the passage is found."""

from collections.abc import Sequence
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messaging.knowledge.lexical import FOUND, LexicalIndex
from messaging.knowledge.passage import Passage

TEXTS = [
    "Отпуск оформляют заявлением на имя руководителя не позже чем за две недели.",
    "Ошибка ERR-17 означает, что кассовый аппарат не отвечает. Перезагрузите кассу.",
    "В версии v2.1 появилась выгрузка сделок в таблицу, в версии v2.2 её нет.",
    "Счёт на оплату выставляет бухгалтерия. Ёлку на праздник заказывает офис-менеджер.",
    "To connect the VPN, install the client and request a certificate from the helpdesk.",
    "Пароль от почты меняют каждые девяносто дней; забытый пароль сбрасывает администратор.",
    "Командировку согласуют с директором, суточные составляют 700 рублей.",
    "Вебхук создают в разделе разработчикам: webhook принимает события портала.",
]


def passages(texts: Sequence[str], title: str = "") -> list[Passage]:
    return [Passage(UUID(int=place), UUID(int=1_000 + place), title, "", text) for place, text in enumerate(texts)]


INDEX = LexicalIndex.build(passages(TEXTS), {"больничный": ["лист нетрудоспособности"], "СЭД": ["отпуск"]})


@pytest.mark.parametrize(
    ("question", "place"),
    [
        ("оформление отпусков", 0),
        ("заявления руководителям", 0),
        ("сменить паролем почтовым", 5),
        ("офрмить отпсук", 0),
        ("суточныее в камандировке", 6),
        ("jajhvbnm jngecr", 0),
        ("Gfhjkm jn gjxns", 5),
        ("как создать цуирщщл", 7),
        ("сколько cenjxyst в командировке", 6),
        ("счет на оплату", 3),
        ("елку на праздник", 3),
        ("СЧЁТ НА ОПЛАТУ", 3),
        ("how do I connect to the VPN?", 4),
        ("certificates helpdesk", 4),
        ("ERR-17", 1),
        ("что такое err 17", 1),
        ("v2.1", 2),
        ("700", 6),
        ("Добрый день, коллеги! Подскажите, пожалуйста, как сбросить пароль? Спасибо!", 5),
    ],
)
def test_the_passage_is_found_however_it_is_asked_for(question: str, place: int) -> None:
    hits = INDEX.search(question, 3)

    assert hits[0].passage.text == TEXTS[place]


@pytest.mark.parametrize("question", ["СЭД", "оформить СЭД", "сэд."])
def test_a_synonym_stands_for_the_word_of_the_documents(question: str) -> None:
    hits = INDEX.search(question, 1)

    assert hits[0].passage.text == TEXTS[0]


def test_what_the_company_calls_otherwise_is_found_by_either_name_in_any_form() -> None:
    texts = ["Лист нетрудоспособности сдают в кадры.", "Табель сдают в бухгалтерию."]
    index = LexicalIndex.build(passages(texts), {"больничный": ["лист нетрудоспособности"]})

    hits = index.search("куда сдавать больничные", 2)

    assert hits[0].passage.text == texts[0]
    assert hits[0].coverage >= FOUND


def test_a_name_that_is_no_word_of_russian_in_another_layout_is_left_alone() -> None:
    index = LexicalIndex.build(passages(["Настройка Kubernetes и Grafana.", "Настройка почты."]))

    hits = index.search("kubernetes", 2)

    assert [hit.passage.text for hit in hits] == ["Настройка Kubernetes и Grafana."]


def test_the_title_and_the_headings_are_searched_too() -> None:
    rows = [
        Passage(uuid4(), uuid4(), "Регламент отпусков", "", "Подают за две недели."),
        Passage(uuid4(), uuid4(), "", "Премии > Квартальные", "Платят по итогам."),
    ]
    index = LexicalIndex.build(rows)

    assert index.search("регламент отпуска", 1)[0].passage is rows[0]
    assert index.search("квартальная премия", 1)[0].passage is rows[1]


def test_a_passage_of_the_document_that_is_about_it_comes_before_its_like() -> None:
    ours, theirs = uuid4(), uuid4()
    rows = [
        Passage(uuid4(), theirs, "", "", "Договор поставки. Заключает отдел снабжения."),
        Passage(uuid4(), theirs, "", "", "Срок согласования пять дней."),
        Passage(uuid4(), ours, "", "", "Договор аренды. Заключает отдел недвижимости."),
        Passage(uuid4(), ours, "", "", "Срок согласования пять дней."),
    ]

    hits = LexicalIndex.build(rows).search("срок согласования договора аренды", 4)

    similar = [hit.passage.document_id for hit in hits if hit.passage.text.startswith("Срок")]
    assert similar == [ours, theirs]


def test_scores_fall_and_all_numbers_are_shares() -> None:
    hits = INDEX.search("пароль от почты и суточные", 10)

    scores = [hit.score for hit in hits]
    assert scores == sorted(scores, reverse=True)
    assert all(0 < hit.score <= 1 and 0 <= hit.coverage <= 1 for hit in hits)
    assert len(INDEX.search("пароль от почты и суточные", 1)) == 1


def test_coverage_tells_an_answer_from_none() -> None:
    asked = INDEX.search("сколько составляют суточные в командировке", 1)
    unasked = INDEX.search("как приготовить борщ со сметаной", 1)

    assert asked[0].coverage >= FOUND
    assert not unasked or unasked[0].coverage < FOUND


HOSTILE = [
    "", " ", "\0", "\0отпуск\0", "...?!", "$result", "%s %(x)s {0}", "' OR 1=1 --", "🙂🙂", "\ud800", "\U0010ffff",
    "как", "а", "я", "1", "(" * 5_000, "отпуск " * 15_000, "х" * 100_000, "\u202eотпуск", "İıſﬃ", "\n\f\r\x1f",
]  # fmt: skip


@pytest.mark.parametrize("query", HOSTILE, ids=range(len(HOSTILE)))
def test_no_question_and_no_document_breaks_the_search(query: str) -> None:
    index = LexicalIndex.build(passages([*TEXTS, query], title=query))

    hits = index.search(query, 5) + INDEX.search(query, 5) + LexicalIndex.build([]).search(query, 5)

    assert {hit.passage.text for hit in hits} <= {*TEXTS, query}


@given(st.lists(st.text(max_size=60), max_size=6), st.text(max_size=60), st.integers(0, 8))
def test_only_what_it_was_built_from_comes_out(texts: list[str], query: str, limit: int) -> None:
    rows = passages(texts)

    hits = LexicalIndex.build(rows).search(query, limit)

    places = [rows.index(hit.passage) for hit in hits]
    assert len(places) == len(set(places)) <= limit


@given(
    st.text(alphabet="абвгдеёжзиклмнопрстуфхцчшщыьэюя ", min_size=4, max_size=60).filter(
        lambda text: len(text.strip()) > 3
    )
)
def test_a_passage_is_found_by_its_own_words(text: str) -> None:
    rows = passages([text, "Nothing of the kind."])

    hits = LexicalIndex.build(rows).search(text, 2)

    assert [hit.passage for hit in hits] == rows[:1]


def test_the_size_counts_the_texts_and_grows_with_them() -> None:
    small, large = LexicalIndex.build(passages(TEXTS)), LexicalIndex.build(passages(TEXTS * 20))

    assert small.size_bytes > sum(2 * len(text) for text in TEXTS)
    assert large.size_bytes > 5 * small.size_bytes
