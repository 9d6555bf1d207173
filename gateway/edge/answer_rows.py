"""From and to messaging's messages: settings of answers, explanations."""

from collections.abc import Iterable
from typing import cast

from google.protobuf.json_format import MessageToDict

from edge.rows import at
from edge.schemas import answers as shapes
from teachbase.billing.v1.ledger_pb2 import CountedModelUse
from teachbase.messaging.v1 import answers_pb2 as pb

_FIELDS = tuple(shapes.AnswerSettings.model_fields)


def chosen(value: pb.ChosenAnswerSettings) -> shapes.AnswerSettingsChosen:
    """Return what was chosen and what counts."""
    return shapes.AnswerSettingsChosen(
        own=_settings(value.own),
        has_api_key=value.has_api_key,
        effective=_settings(value.effective),
        allowed_base_urls=list(value.effective.allowed_base_urls),
    )


def change(body: shapes.AnswerSettingsChange, portal_id: str = "") -> pb.SetAnswerSettingsRequest:
    """Return the request that chooses; without a portal for everybody."""
    given = body.model_dump(exclude_none=True, exclude={"api_key"})
    return pb.SetAnswerSettingsRequest(portal_id=portal_id, own=pb.AnswerSettings(**given), api_key=body.api_key)


def explanation(value: pb.GetExplanationResponse, uses: Iterable[CountedModelUse] | None) -> shapes.Explanation:
    """Return an explanation; `uses` None = they could not be asked for."""
    return shapes.Explanation(
        kind=cast("shapes.Kind", value.kind),
        detail=shapes.AnswerDetail.model_validate(MessageToDict(value.detail)),
        took_ms=value.took_ms,
        created_at=at(value, "at"),
        costs=None if uses is None else list(map(_cost, uses)),
    )


def _cost(value: CountedModelUse) -> shapes.ModelCost:
    return shapes.ModelCost(
        model=value.use.model,
        prompt_tokens=value.use.prompt_tokens,
        completion_tokens=value.use.completion_tokens,
        cost_micro=value.cost_micro if value.HasField("cost_micro") else None,
        currency=value.currency or None,
    )


def curated(value: pb.Curated, portal_id: str) -> shapes.Curated:
    """Return a curated answer."""
    return shapes.Curated(
        id=value.id,
        portal_id=portal_id,
        created_at=at(value, "created_at"),
        updated_at=at(value, "updated_at"),
        question=value.question,
        answer=value.answer,
        from_message_id=value.from_message_id or None,
        created_by=value.created_by,
    )


def golden(value: pb.Golden, portal_id: str) -> shapes.Golden:
    """Return a golden question."""
    return shapes.Golden(
        id=value.id,
        portal_id=portal_id,
        created_at=at(value, "created_at"),
        question=value.question,
        accepted=_golden_answer(value.accepted) if value.HasField("accepted") else None,
        current=_golden_answer(value.current) if value.HasField("current") else None,
        is_changed=value.is_changed,
        asked_at=at(value, "asked_at") if value.HasField("asked_at") else None,
        created_by=value.created_by,
    )


def _golden_answer(value: pb.GoldenAnswer) -> shapes.GoldenAnswer:
    sources = [shapes.GoldenSource(document_id=one.document_id, filename=one.filename) for one in value.sources]
    return shapes.GoldenAnswer(kind=cast("shapes.Kind", value.kind), answer=value.answer, sources=sources)


def unsatisfied(value: pb.Unsatisfied, portal_id: str) -> shapes.Unsatisfied:
    """Return a question that calls for an answer."""
    return shapes.Unsatisfied(
        id=value.message_id,
        portal_id=portal_id,
        created_at=at(value, "at"),
        user_id=value.user_id,
        question=value.question,
        answer=value.answer or None,
        reaction=value.reaction or None,
    )


def _settings(value: pb.AnswerSettings) -> shapes.AnswerSettings:
    given = MessageToDict(value, preserving_proto_field_name=True)
    return shapes.AnswerSettings(**{name: given[name] for name in _FIELDS if name in given})
