"""Answers from documents: the gate, then a model where there is one, and never a guess."""

import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from uuid import UUID

import structlog

from messaging import texts
from messaging.answer_settings import AnswerSettingsBook
from messaging.clients.endpoint import TIMEOUT_S, ModelFailed
from messaging.clients.model import Completion, Models
from messaging.domain import DEFAULT_LANGUAGE
from messaging.knowledge.answer import Answer, Kind, ModelUse, extractive
from messaging.knowledge.grounding import Unusable, ground
from messaging.knowledge.lexical import FOUND
from messaging.knowledge.prompt import Prompt, Turn, prompt
from messaging.knowledge.settings import STRICTNESS, AnswerSettings
from messaging.knowledge_base import KnowledgeBase

log = structlog.get_logger("answering")

History = Callable[[], Awaitable[list[Turn]]]
FEATURES = frozenset({"llm", "citations"})
"""Of a plan, as far as they are about answers."""
LOOKED_AT = 8
"""Passages that an answer is made from."""
_FOLLOW_UP = re.compile(r"^\s*(а|и|а\s+если|а\s+как|а\s+для|and|what about|how about)\b", re.IGNORECASE)
_FOLLOW_UP_WORDS = 8
_KEPT_PROMPT = 12_000


class Answering:
    """Answers questions."""

    def __init__(self, knowledge: KnowledgeBase, settings: AnswerSettingsBook, models: Models) -> None:
        self._knowledge = knowledge
        self._settings = settings
        self._models = models

    async def slow_portals(self, portal_ids: Sequence[UUID]) -> set[UUID]:
        """Return the portals for which a model has to be waited for, or an index built."""
        if not portal_ids:
            return set()
        patient = {one for one in portal_ids if (await self._settings.of(one)).asks_models}
        return patient | await self._knowledge.cold(portal_ids)

    async def versions(self, portal_ids: Sequence[UUID]) -> dict[UUID, int]:
        """Return the version of what each portal's answers come from; one that has nothing is absent."""
        return await self._knowledge.versions(portal_ids)

    async def answer(
        self,
        portal_id: UUID,
        version: int | None,
        question: str,
        history: History,
        features: frozenset[str] = FEATURES,
        patience_s: float = TIMEOUT_S,
    ) -> Answer:
        """Answer from a portal's documents, or say honestly that they hold no answer.

        `version` is one of `versions`, read once for many questions; None: it has nothing. `history` reads what
        was said in the dialog before, oldest first. `features`: what the portal's plan allows. A model that
        fails, or takes longer than `patience_s`, mutes nobody: then the documents are quoted.
        """
        settings = await self._settings.of(portal_id)
        if "llm" not in features:
            settings = replace(settings, model_enabled=False)
        answer = await self._answer(portal_id, version, question, history, settings, patience_s)
        language = "" if settings.language == "question" else settings.language
        names_place = settings.citations == "full" and "citations" in features
        return replace(answer, language=language, names_place=names_place)

    async def quoted(self, portal_id: UUID, version: int | None, question: str) -> Answer:
        """Answer without a model: the same documents always give the same answer."""
        return await self._quoted(portal_id, version, question, question, await self._settings.of(portal_id))

    async def _quoted(
        self, portal_id: UUID, version: int | None, question: str, look_for: str, settings: AnswerSettings
    ) -> Answer:
        if version is None:
            return Answer(Kind.NO_DOCUMENTS)
        if curated := await self._knowledge.curated(portal_id, version, question):
            return Answer(Kind.CURATED, curated.answer)
        found = await self._knowledge.search(portal_id, version, look_for, LOOKED_AT)
        if found is None:
            return Answer(Kind.NO_DOCUMENTS)
        return extractive(found, FOUND * STRICTNESS[settings.strictness])

    async def _answer(
        self,
        portal_id: UUID,
        version: int | None,
        question: str,
        history: History,
        settings: AnswerSettings,
        patience_s: float,
    ) -> Answer:
        before = await history() if version is not None and _is_follow_up(question) else []
        quoted = await self._quoted(portal_id, version, question, _in_context(question, before), settings)
        if quoted.kind is not Kind.KNOWLEDGE or not settings.has_model:
            return quoted
        language = language_of(quoted.wording or question, settings)
        turns = (before or await history())[-settings.history :] if settings.history else []
        asked = prompt(question, quoted.looked_at, language, settings.tone, turns)
        try:
            endpoint = await self._settings.endpoint(portal_id)
            completion = await self._models.complete(endpoint, asked.messages, patience_s)
            grounded = ground(completion.text, asked.sources, language)
        except ModelFailed as failure:
            return replace(quoted, model=ModelUse(failure=failure.code, prompt=_kept(asked)))
        except Unusable:
            return replace(quoted, model=_use(completion, asked, (), "unusable"))
        except Exception as error:
            # Nobody is muted by what a stranger's endpoint says, whatever we did not foresee of it.
            log.error("model's answer not taken", portal_id=str(portal_id), exc_info=error)
            return replace(quoted, model=ModelUse(failure="unforeseen", prompt=_kept(asked)))
        use = _use(completion, asked, grounded.dropped)
        if not grounded.citations:
            return Answer(Kind.NOT_FOUND, looked_at=quoted.looked_at, model=use)
        return Answer(Kind.KNOWLEDGE, grounded.text, grounded.citations, quoted.looked_at, model=use)


def language_of(question: str, settings: AnswerSettings) -> str:
    """Return the language to answer in: ru or en."""
    return texts.language_of(question, DEFAULT_LANGUAGE) if settings.language == "question" else settings.language


def _is_follow_up(question: str) -> bool:
    return len(question.split()) <= _FOLLOW_UP_WORDS and bool(_FOLLOW_UP.match(question))


def _in_context(question: str, history: Sequence[Turn]) -> str:
    """Return what to look for: "and for interns?" goes on with what was asked before."""
    before = next((turn.text for turn in reversed(history) if not turn.is_ours), "")
    return f"{before} {question}".strip()


def _use(
    completion: Completion, asked: Prompt, dropped: tuple[tuple[str, str], ...], failure: str = ""
) -> ModelUse:
    return ModelUse(
        model=completion.model,
        failure=failure,
        prompt_tokens=completion.prompt_tokens,
        completion_tokens=completion.completion_tokens,
        took_ms=completion.took_ms,
        prompt=_kept(asked),
        dropped=dropped,
    )


def _kept(asked: Prompt) -> str:
    return "\n\n".join(message["content"] for message in asked.messages)[:_KEPT_PROMPT]
