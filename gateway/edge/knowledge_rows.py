"""From messaging's messages to the shapes of documents and of what is found in them."""

from typing import cast

from edge.rows import at
from edge.schemas import knowledge as shapes
from kit.pb import enum_name
from teachbase.messaging.v1 import knowledge_pb2 as pb


def document(value: pb.Document, language: str) -> shapes.Document:
    """Return a document; what went wrong is said in `language`, ru or en."""
    return shapes.Document(
        id=value.id,
        portal_id=value.portal_id,
        created_at=at(value, "created_at"),
        updated_at=at(value, "updated_at"),
        filename=value.filename,
        content_type=value.content_type or None,
        size=value.size,
        sha256=value.sha256,
        state=cast("shapes.DocumentState", enum_name(pb.DocumentState, value.state)),
        progress=value.progress,
        error=(value.error_ru if language == "ru" else value.error_en) or None,
        error_code=value.error_code or None,
        title=value.title or None,
        language=value.language or None,
        pages=value.pages if value.HasField("pages") else None,
        chunks=value.chunks,
        is_truncated=value.is_truncated,
        uploaded_by=value.uploaded_by,
        is_embedding_due=value.is_embedding_due,
        embedding_error=value.embedding_error or None,
    )


def chunk(value: pb.Chunk) -> shapes.Chunk:
    """Return a passage of a document."""
    return shapes.Chunk(
        place=value.place,
        text=value.body,
        location=shapes.Location(
            heading=list(value.heading),
            page=value.page if value.HasField("page") else None,
            starts=value.starts,
            ends=value.ends,
        ),
    )


def found(value: pb.Found) -> shapes.Found:
    """Return a passage that fits."""
    return shapes.Found(
        document_id=value.document_id,
        filename=value.filename,
        title=value.title or None,
        text=value.text,
        score=round(value.score, 4),
        coverage=round(value.coverage, 4),
        similarity=round(value.similarity, 4) if value.HasField("similarity") else None,
        location=_location(value.location),
    )


def answer(value: pb.AskResponse) -> shapes.Answer:
    """Return an answer."""
    citations = [
        shapes.Citation(
            document_id=one.document_id, filename=one.filename, quote=one.quote, location=_location(one.location)
        )
        for one in value.citations
    ]
    return shapes.Answer(answer=value.answer, citations=citations, answered=value.answered)


def _location(value: pb.Location) -> shapes.Location:
    page = value.page if value.HasField("page") else None
    return shapes.Location(heading=list(value.heading), page=page, starts=value.starts, ends=value.ends)
