"""The servicer of AnswersService: message -> use case -> message."""

from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from kit import paging
from kit.ids import NIL
from kit.pb import enum_name, moment, optional_uuid, struct, to_datetime
from kit.rpc import Context
from messaging.answer_settings import ALLOWED, AnswerSettingsBook, Chosen
from messaging.curation import Curation
from messaging.errors import ExplanationNotFound
from messaging.golden import GoldenQuestions
from messaging.knowledge.document import Curated, Golden, Unsatisfied
from messaging.repository import explanations
from teachbase.messaging.v1 import answers_pb2 as pb
from teachbase.messaging.v1 import answers_pb2_grpc

_SINGLE = (
    "model_enabled",
    "base_url",
    "tone",
    "strictness",
    "language",
    "citations",
    "history",
    "embeddings",
    "embedding_model",
)
_LISTS = ("models", ALLOWED)


class AnswersServicer(answers_pb2_grpc.AnswersServiceServicer):
    """Speaks for the settings of answers and their explanations."""

    def __init__(
        self, engine: AsyncEngine, settings: AnswerSettingsBook, curation: Curation, golden: GoldenQuestions
    ) -> None:
        self._engine = engine
        self._settings = settings
        self._curation = curation
        self._golden = golden

    async def GetAnswerSettings(
        self, request: pb.GetAnswerSettingsRequest, context: Context
    ) -> pb.GetAnswerSettingsResponse:
        return pb.GetAnswerSettingsResponse(
            settings=_chosen(await self._settings.chosen(_whose(request.portal_id)))
        )

    async def SetAnswerSettings(
        self, request: pb.SetAnswerSettingsRequest, context: Context
    ) -> pb.SetAnswerSettingsResponse:
        api_key = request.api_key if request.HasField("api_key") else None
        chosen = await self._settings.choose(_whose(request.portal_id), _own(request.own), api_key)
        return pb.SetAnswerSettingsResponse(settings=_chosen(chosen))

    async def ListCurated(self, request: pb.ListCuratedRequest, context: Context) -> pb.ListCuratedResponse:
        found, token = await self._curation.page(
            UUID(request.portal_id), request.page_token, paging.size_of(request.page_size)
        )
        return pb.ListCuratedResponse(items=map(_curated, found), next_page_token=token)

    async def SaveCurated(self, request: pb.SaveCuratedRequest, context: Context) -> pb.SaveCuratedResponse:
        saved = await self._curation.save(
            UUID(request.portal_id),
            optional_uuid(request.id),
            request.question,
            request.answer,
            optional_uuid(request.from_message_id),
            request.created_by,
        )
        return pb.SaveCuratedResponse(curated=_curated(saved))

    async def DeleteCurated(self, request: pb.DeleteCuratedRequest, context: Context) -> pb.DeleteCuratedResponse:
        await self._curation.delete(UUID(request.portal_id), UUID(request.id))
        return pb.DeleteCuratedResponse()

    async def ListUnsatisfied(
        self, request: pb.ListUnsatisfiedRequest, context: Context
    ) -> pb.ListUnsatisfiedResponse:
        found, token = await self._curation.unsatisfied(
            UUID(request.portal_id),
            enum_name(pb.UnsatisfiedKind, request.kind),
            to_datetime(request, "since"),
            to_datetime(request, "until"),
            request.page_token,
            paging.size_of(request.page_size),
        )
        return pb.ListUnsatisfiedResponse(items=map(_unsatisfied, found), next_page_token=token)

    async def ListGolden(self, request: pb.ListGoldenRequest, context: Context) -> pb.ListGoldenResponse:
        found, token = await self._golden.page(
            UUID(request.portal_id),
            request.page_token,
            paging.size_of(request.page_size),
            only_changed=request.only_changed,
        )
        return pb.ListGoldenResponse(items=map(_golden, found), next_page_token=token)

    async def AddGolden(self, request: pb.AddGoldenRequest, context: Context) -> pb.AddGoldenResponse:
        added = await self._golden.add(UUID(request.portal_id), request.question, request.created_by)
        return pb.AddGoldenResponse(golden=_golden(added))

    async def AcceptGolden(self, request: pb.AcceptGoldenRequest, context: Context) -> pb.AcceptGoldenResponse:
        accepted = await self._golden.accept(UUID(request.portal_id), UUID(request.id))
        return pb.AcceptGoldenResponse(golden=_golden(accepted))

    async def DeleteGolden(self, request: pb.DeleteGoldenRequest, context: Context) -> pb.DeleteGoldenResponse:
        await self._golden.delete(UUID(request.portal_id), UUID(request.id))
        return pb.DeleteGoldenResponse()

    async def GetExplanation(
        self, request: pb.GetExplanationRequest, context: Context
    ) -> pb.GetExplanationResponse:
        async with self._engine.connect() as conn:
            found = await explanations.find(conn, UUID(request.portal_id), UUID(request.message_id))
        if found is None:
            raise ExplanationNotFound
        return pb.GetExplanationResponse(
            kind=found["kind"],
            detail=struct(found["detail"]),
            took_ms=found["took_ms"],
            at=moment(found["created_at"]),
        )


def _curated(value: Curated) -> pb.Curated:
    return pb.Curated(
        id=str(value.id),
        question=value.question,
        answer=value.answer,
        from_message_id=str(value.from_message_id or ""),
        created_by=value.created_by,
        created_at=moment(value.created_at),
        updated_at=moment(value.updated_at),
    )


def _golden(value: Golden) -> pb.Golden:
    return pb.Golden(
        id=str(value.id),
        question=value.question,
        accepted=pb.GoldenAnswer(**value.accepted) if value.accepted else None,
        current=pb.GoldenAnswer(**value.current) if value.current else None,
        is_changed=value.is_changed,
        asked_at=moment(value.asked_at) if value.asked_at else None,
        created_by=value.created_by,
        created_at=moment(value.created_at),
    )


def _unsatisfied(value: Unsatisfied) -> pb.Unsatisfied:
    return pb.Unsatisfied(
        message_id=str(value.message_id),
        user_id=value.user_id,
        question=value.question,
        answer=value.answer,
        reaction=value.reaction,
        at=moment(value.at),
    )


def _whose(portal_id: str) -> UUID:
    return UUID(portal_id) if portal_id else NIL


def _own(settings: pb.AnswerSettings) -> dict[str, Any]:
    single = {name: getattr(settings, name) for name in _SINGLE if settings.HasField(name)}  # type: ignore[arg-type] # its literals
    return {**single, **{name: list(getattr(settings, name)) for name in _LISTS if getattr(settings, name)}}


def _chosen(value: Chosen) -> pb.ChosenAnswerSettings:
    effective = {name: getattr(value.effective, name) for name in (*_SINGLE, "models")}
    return pb.ChosenAnswerSettings(
        own=pb.AnswerSettings(**value.own),
        has_api_key=value.has_api_key,
        effective=pb.AnswerSettings(**effective, allowed_base_urls=value.allowed_base_urls),
    )
