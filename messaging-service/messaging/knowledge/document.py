"""Documents of a portal and their passages, as values."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from messaging.knowledge.lexical import Passage


class DocumentState(StrEnum):
    """The states of a document (the proto says what each means)."""

    UPLOADED = "uploaded"
    EXTRACTING = "extracting"
    INDEXING = "indexing"
    READY = "ready"
    FAILED = "failed"


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
