"""The corpus of questions and documents in `bench/knowledge`: what it holds, and the passages it is cut into."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from uuid import NAMESPACE_URL, UUID, uuid5

from messaging.knowledge.chunking import chunk
from messaging.knowledge.passage import Passage

_FOLDER = Path(__file__).parent / "knowledge"


@dataclass(frozen=True)
class Question:
    """A question and the one page that answers it."""

    text: str
    kind: str
    document_id: UUID | None
    """None where no page does."""


def passages() -> list[Passage]:
    """Cut all documents, in the order of their names. They have no titles: questions are made of those."""
    return [
        Passage(uuid5(_id(path.name), str(part.start)), _id(path.name), "", " > ".join(part.headings), part.text)
        for path in sorted((_FOLDER / "documents").iterdir())
        for part in chunk(path.read_text())
    ]


def questions() -> list[Question]:
    """All questions, those without an answer last."""
    lines = (_FOLDER / "questions.jsonl").read_text().splitlines()
    found = [
        Question(row["query"], row["kind"], _id(row["document"]) if row["document"] else None)
        for row in map(json.loads, lines)
    ]
    return sorted(found, key=lambda question: question.document_id is None)


def unanswerable() -> list[str]:
    """More questions that no page answers, of an office's every day, in both languages."""
    return (_FOLDER / "unanswerable.txt").read_text().splitlines()


@dataclass(frozen=True)
class Office:
    """Another sort of text: short notes of an office, each one document."""

    passages: Sequence[Passage]
    answerable: Sequence[str]
    unanswerable: Sequence[str]


def office() -> Office:
    """The notes and what is asked."""
    rows = [json.loads(line) for line in (_FOLDER / "office.jsonl").read_text().splitlines()]
    return Office(
        passages=[Passage(_id(row["text"]), _id(row["title"]), row["title"], "", row["text"]) for row in rows],
        answerable=[question for row in rows for question in row["questions"]],
        unanswerable=(_FOLDER / "office-unanswerable.txt").read_text().splitlines(),
    )


def _id(name: str) -> UUID:
    return uuid5(NAMESPACE_URL, name)
