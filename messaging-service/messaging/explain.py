"""Why an answer is what it is: what was looked at, what was quoted, what was left out and why."""

from dataclasses import asdict
from typing import Any

from messaging.knowledge.answer import Answer, Found, Kind


def in_short(answer: Answer) -> dict[str, Any]:
    """Return what a trace shows of it."""
    best = answer.looked_at[0] if answer.looked_at else None
    return {
        "kind": answer.kind,
        "passages": len(answer.looked_at),
        "coverage": round(best.coverage, 3) if best else 0,
        "model": answer.model.model or answer.model.failure if answer.model else "",
        "documents": sorted({one.passage.filename for one in answer.citations}),
    }


def in_full(answer: Answer) -> dict[str, Any]:
    """Return what is kept of it."""
    quoted = {one.passage.id for one in answer.citations}
    return {
        "passages": [
            {
                "document_id": str(one.passage.document_id),
                "filename": one.passage.filename,
                "place": one.passage.place,
                "page": one.passage.page,
                "heading": list(one.passage.path),
                "score": round(one.score, 4),
                "coverage": round(one.coverage, 4),
                "similarity": None if one.similarity is None else round(one.similarity, 4),
                "verdict": "quoted" if one.passage.id in quoted else _why_not(answer, one),
            }
            for one in answer.looked_at
        ],
        "quotes": [
            {
                "document_id": str(one.passage.document_id),
                "place": one.passage.place,
                "heading": list(one.path),
                "page": one.page,
                "quote": one.quote,
            }
            for one in answer.citations
        ],
        "suggested": list(answer.near),
        "model": asdict(answer.model) if answer.model else None,
    }


def _why_not(answer: Answer, one: Found) -> str:
    if answer.kind is Kind.NOT_FOUND:
        return "below_gate"
    same = any(one.passage.document_id == cited.passage.document_id for cited in answer.citations)
    return "same_document" if same else "weaker"
