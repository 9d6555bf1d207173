"""Shapes of a portal's documents and of what is found in them (docs/interfaces.md)."""

from typing import Annotated, Literal

from pydantic import BaseModel, Field

from edge.schemas.text import Text

DocumentState = Literal["uploaded", "extracting", "indexing", "ready", "failed"]


class Document(BaseModel):
    """A document. `error` is a sentence in the language asked for, `error_code` its stable code.

    `is_embedding_due`: until its meaning is known words alone decide; `embedding_error`: why that takes longer.
    """

    id: str
    portal_id: str
    created_at: str
    updated_at: str
    filename: str
    content_type: str | None
    size: int
    sha256: str
    state: DocumentState
    progress: int
    error: str | None
    error_code: str | None
    title: str | None
    language: str | None
    pages: int | None
    chunks: int
    is_truncated: bool
    uploaded_by: int
    is_embedding_due: bool
    embedding_error: str | None


class Location(BaseModel):
    """Where a passage stands: `starts` and `ends` count characters of the document's text."""

    heading: list[str]
    page: int | None
    starts: int
    ends: int


class Chunk(BaseModel):
    """A passage of a document; `place` counts from 0."""

    place: int
    text: str
    location: Location


class SearchAsked(BaseModel):
    """What is looked for."""

    query: Annotated[Text, Field(min_length=1, max_length=4000)]
    limit: Annotated[int, Field(ge=1, le=50)] = 10


class Found(BaseModel):
    """A passage that fits. `coverage`: the share of the question that it covers, 0 to 1.

    `similarity`: of its meaning to the question's, where there is a model of embeddings.
    """

    document_id: str
    filename: str
    title: str | None
    text: str
    score: float
    coverage: float
    similarity: float | None
    location: Location


class SearchFound(BaseModel):
    """What was found, best first."""

    items: list[Found]


class Asked(BaseModel):
    """A question."""

    question: Annotated[Text, Field(min_length=1, max_length=4000)]


class Citation(BaseModel):
    """What an answer rests on. The quote stands in the document to the letter."""

    document_id: str
    filename: str
    quote: str
    location: Location


class Answer(BaseModel):
    """An answer. `answered`: it comes from documents; otherwise it says that they hold none."""

    answer: str
    citations: list[Citation]
    answered: bool
