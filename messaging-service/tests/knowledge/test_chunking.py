"""Documents are cut along their structure, and nothing of them is lost."""

from hypothesis import given
from hypothesis import strategies as st

from messaging.knowledge.chunking import LONGEST, SHORTEST, chunk

SENTENCE = "Заявление на отпуск подают руководителю за две недели до его начала. "
LINES = st.sampled_from(
    [
        *(
            "# Отпуск",
            "## Как оформить",
            "###### A #",
            "#нет",
            "",
            " ",
            "\t",
            "```",
            "~~~ sql",
            "| a | b |",
            "- пункт",
        ),
        *("\f", "\r", "<!-- page 2 -->", "слово", SENTENCE, SENTENCE * 9, "х" * 700, "\u2028", "🙂", "\x1f"),
    ]
)
TEXTS = st.lists(LINES, max_size=40).map("\n".join) | st.text(max_size=3_000)


@given(TEXTS)
def test_every_character_that_is_not_blank_is_in_exactly_one_chunk_at_its_offsets(text: str) -> None:
    chunks = chunk(text)

    ends = [0, *(piece.end for piece in chunks)]
    starts = [*(piece.start for piece in chunks), len(text)]
    assert all(text[piece.start : piece.end] == piece.text for piece in chunks)
    assert all(not text[end:start].strip() for end, start in zip(ends, starts, strict=True))
    assert all(end <= start for end, start in zip(ends, starts, strict=True))


@given(TEXTS)
def test_no_chunk_is_longer_than_allowed_nor_begins_or_ends_blank(text: str) -> None:
    chunks = chunk(text)

    assert all(0 < len(piece.text) <= LONGEST for piece in chunks)
    assert all(piece.text == piece.text.strip() for piece in chunks)


def test_a_chunk_knows_the_headings_it_stands_under() -> None:
    body = SENTENCE * 8
    text = f"# Отпуск\n\n## Ежегодный ##\n\n{body}\n\n## За свой счёт\n\n{body}\n\n# Больничный\n\n{body}"

    chunks = chunk(text)

    assert [piece.headings for piece in chunks] == [
        ("Отпуск", "Ежегодный"),
        ("Отпуск", "За свой счёт"),
        ("Больничный",),
    ]
    assert chunks[0].text.startswith("# Отпуск")


def test_a_long_section_is_cut_between_paragraphs_into_parts_of_about_one_length() -> None:
    text = "\n\n".join([SENTENCE * 3] * 12)

    chunks = chunk(text)

    assert all(piece.text.endswith("начала.") and piece.text.startswith("Заявление") for piece in chunks)
    assert max(len(piece.text) for piece in chunks) < 1.5 * min(len(piece.text) for piece in chunks)


def test_a_table_that_fits_stays_whole_and_a_longer_one_is_cut_between_rows() -> None:
    short = "\n".join(["| Отдел | Телефон |"] * 30)
    long = "\n".join(["| Отдел продаж | 12-34 |"] * 100)

    chunks = chunk(f"{SENTENCE * 10}\n\n{short}\n\n{SENTENCE * 10}")
    rows = [line for piece in chunk(long) for line in piece.text.splitlines()]

    assert any(short in piece.text for piece in chunks)
    assert set(rows) == {"| Отдел продаж | 12-34 |"}
    assert len(rows) == 100


def test_a_hash_in_code_begins_no_section() -> None:
    code = "```\n" + "pip install x\n" * 30 + "# установка\n" + "pip install y\n" * 20 + "```"

    chunks = chunk(f"# Сервер\n\n{SENTENCE * 4}\n\n{code}")

    assert [piece.headings for piece in chunks] == [("Сервер",)]
    assert code in chunks[0].text


def test_a_blank_line_in_code_ends_no_paragraph() -> None:
    code = "```\n" + "pip install x\n" * 30 + "\n" + "pip install y\n" * 30 + "```"

    chunks = chunk(f"{SENTENCE * 6}\n\n{code}")

    assert [piece.text for piece in chunks] == [(SENTENCE * 6).strip(), code]


def test_text_without_a_single_blank_is_cut_all_the_same() -> None:
    text = "х" * (5 * LONGEST + 7)

    chunks = chunk(text)

    assert "".join(piece.text for piece in chunks) == text
    assert min(len(piece.text) for piece in chunks) > LONGEST // 2


def test_a_short_section_joins_its_neighbour() -> None:
    text = f"# Отпуск\n\n{SENTENCE * 8}\n\n# Кому писать\n\nВ кадры."

    chunks = chunk(text)

    assert len("# Кому писать\n\nВ кадры.") < SHORTEST
    assert [piece.headings for piece in chunks] == [("Отпуск",)]


def test_a_chunk_is_on_the_page_it_begins_on() -> None:
    first, second = SENTENCE * 8, SENTENCE * 8
    text = f"{first}\n\f\n# Дальше\n\n{second}"

    chunks = chunk(text, [0, text.index("\f") + 1])

    assert [piece.page for piece in chunks] == [1, 2]
    assert [piece.page for piece in chunk(text)] == [None, None]


def test_nothing_comes_of_a_blank_document() -> None:
    assert chunk(" \n\t\n\f") == []
    assert chunk("") == []
