"""Documents of a portal and their passages, as values."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from messaging.knowledge.passage import Passage


class DocumentState(StrEnum):
    """The states of a document (the proto says what each means)."""

    UPLOADED = "uploaded"
    EXTRACTING = "extracting"
    INDEXING = "indexing"
    READY = "ready"
    FAILED = "failed"


@dataclass(frozen=True)
class Within:
    """Which rows of a list, newest first: those older than one that was seen, and of a time."""

    before: UUID | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Document:
    """A document of a portal. `size` in bytes, `progress` in percent; `content_type` "" until it was read."""

    portal_id: UUID
    id: UUID
    filename: str
    content_type: str
    size: int
    sha256: bytes
    state: DocumentState
    progress: int
    error_code: str
    error_ru: str
    error_en: str
    title: str
    language: str
    pages: int | None
    chunks: int
    is_truncated: bool
    uploaded_by: int
    is_embedding_due: bool
    embedding_error: str
    """Why its meaning cannot be compared yet: a code of ModelFailed; "" where nothing failed."""
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True)
class Why:
    """Why a document is not read: a stable code, and a sentence for its administrator."""

    code: str
    ru: str
    en: str


@dataclass(frozen=True)
class Upload:
    """A file that came whole, on local disk."""

    portal_id: UUID
    filename: str
    uploaded_by: int
    size: int
    sha256: bytes


@dataclass(frozen=True)
class HeldDocument:
    """A document held by a worker that reads it; its passages become those of `generation`."""

    portal_id: UUID
    document_id: UUID
    token: UUID
    filename: str
    attempts: int
    generation: int


@dataclass(frozen=True)
class HeldEmbedding:
    """A document whose passages of a generation are to be embedded, held by a worker until a moment."""

    portal_id: UUID
    document_id: UUID
    generation: int
    until: datetime


@dataclass(frozen=True)
class Curated:
    """A question with the answer that a person wrote; it wins over documents."""

    id: UUID
    question: str
    answer: str
    from_message_id: UUID | None
    created_by: int
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True)
class Golden:
    """A question with the answer that was right (`accepted`) and the one that is given now (`current`).

    Both are None until it was asked first, and then {kind, answer, sources: [{document_id, filename}]}.
    """

    id: UUID
    question: str
    accepted: Mapping[str, Any] | None
    current: Mapping[str, Any] | None
    is_changed: bool
    asked_at: datetime | None
    created_by: int
    created_at: datetime


@dataclass(frozen=True)
class Unsatisfied:
    """A question that got no answer (`answer` ""), or one that somebody thought bad (`reaction`)."""

    message_id: UUID
    user_id: int
    question: str
    answer: str
    reaction: str
    at: datetime


@dataclass(frozen=True)
class StoredPassage(Passage):
    """A passage with its place. `starts` and `ends` count characters of the document's text."""

    place: int
    filename: str
    path: tuple[str, ...]
    """The headings that it stands under, outermost first."""
    page: int | None
    """On which it begins."""
    page_breaks: tuple[int, ...]
    """Characters of it after which the next pages begin."""
    starts: int
    ends: int
