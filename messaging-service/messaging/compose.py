"""Decides what each message of a batch gets: a reply, a refusal, or silence with a reason. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from bitrix import parts
from kit import ids
from messaging import explain, rules, texts, wording
from messaging.domain import ClaimedDialog, Explanation, Handled, ModelCall, Question, Quota, Reply, reply_id_of
from messaging.knowledge.answer import Answer, Kind
from messaging.rules import RuleAnswer

REFUSE_EVERY = timedelta(hours=24)
SUBSCRIPTION = "subscription"
"""What billing denies by where no limit is reached."""
_SERVED = {"installing", "active", "payment_required", "unreachable"}
_FREE_RULES = {"greeting", "help", "no_files", "thanks"}


@dataclass
class Composed:
    """What a batch came to."""

    replies: list[Reply] = field(default_factory=list)
    handled: list[Handled] = field(default_factory=list)
    greeted: list[ClaimedDialog] = field(default_factory=list)
    refused: list[Question] = field(default_factory=list)
    limited: list[Question] = field(default_factory=list)
    """Questions whose authors are told of the plan's limit."""
    explanations: list[Explanation] = field(default_factory=list)
    free: list[tuple[UUID, UUID]] = field(default_factory=list)
    """Questions (portal, id) that got no answer, only an honest no: it is not counted."""
    model_calls: list[ModelCall] = field(default_factory=list)


@dataclass(frozen=True)
class Answered:
    """An answer from documents, when it was ready and how long that took."""

    answer: Answer
    at: datetime
    took_ms: int


class Composer:
    """Takes the questions of claimed dialogs one by one; `composed` holds the result."""

    def __init__(self, dialogs: Sequence[ClaimedDialog], claimed_at: datetime) -> None:
        self._dialogs = {(dialog.portal_id, dialog.id): dialog for dialog in dialogs}
        self._claimed_at = claimed_at
        self._greeted: set[UUID] = set()
        self._refused: set[tuple[UUID, int]] = set()
        self._limited: set[tuple[UUID, int]] = set()
        self.composed = Composed()

    def sort_out(self, questions: Sequence[Question]) -> list[Question]:
        """Settle what costs nothing; returns the questions whose answers are counted."""
        return [question for question in questions if not self._settle(question)]

    def dialogs_of(self, questions: Sequence[Question]) -> list[ClaimedDialog]:
        """Return the dialogs that questions stand in, each once."""
        return list({self._dialog(one): None for one in questions})

    def say_limit(self, question: Question, quota: Quota, at: datetime) -> None:
        """Say that the plan's limit is reached, or that the subscription has ended: to a person once a day."""
        rule = "subscription_ended" if quota.limit == SUBSCRIPTION else "limit_reached"
        person = (question.portal_id, question.author_id)
        lately = question.limit_told_at and question.limit_told_at > self._claimed_at - REFUSE_EVERY
        if lately or person in self._limited:
            self._stay_silent(question, rule)
            return
        self._limited.add(person)
        self.composed.limited.append(question)
        language = texts.language_of(question.body, question.language)
        resets_at = f"{quota.resets_at:%d.%m.%Y}" if quota.resets_at else ""
        said = texts.SUBSCRIPTION_ENDED if quota.limit == SUBSCRIPTION else texts.LIMIT_REACHED
        body = said[language].format(resets_at=resets_at)
        self._reply(question, RuleAnswer(rule, body), at, [self._quota(quota, at)])

    def reply_by_rule(self, question: Question, rule: RuleAnswer, quota: Quota, at: datetime) -> None:
        """Answer a counted question by rule."""
        self._reply(question, rule, at, [self._quota(quota, at)])

    def reply_from_knowledge(self, question: Question, answered: Answered, quota: Quota, at: datetime) -> None:
        """Answer a counted question from documents, or say that they hold no answer."""
        answer = answered.answer
        steps = [
            self._quota(quota, at),
            _step("retrieved", answered.at, answered.took_ms, **explain.in_short(answer)),
        ]
        # What was typed in the wrong layout has another language than what was meant.
        language = texts.language_of(answer.wording or question.body, question.language)
        self._reply(question, wording.reply(answer, language), answered.at, steps)
        if answer.kind in {Kind.NOT_FOUND, Kind.NO_DOCUMENTS}:
            self.composed.free.append((question.portal_id, question.id))
        if call := model_call(question.portal_id, answer, question.id):
            self.composed.model_calls.append(call)
        self.composed.explanations.append(
            Explanation(
                portal_id=question.portal_id,
                message_id=question.id,
                kind=answer.kind,
                detail=explain.in_full(answer),
                took_ms=answered.took_ms,
                cited=frozenset((question.portal_id, one.passage.document_id) for one in answer.citations),
            )
        )

    def _quota(self, quota: Quota, at: datetime) -> dict[str, Any]:
        took_ms = int((at - self._claimed_at).total_seconds() * 1000)
        return _step("quota", at, took_ms, granted=quota.granted, limit=quota.limit)

    def _settle(self, question: Question) -> bool:
        dialog = self._dialog(question)
        if question.portal_state not in _SERVED:
            self._stay_silent(question, f"portal_{question.portal_state}")
        elif question.kind == "join" and (dialog.greeted or dialog.id in self._greeted):
            self._stay_silent(question, "already_greeted")
        elif not question.is_allowed:
            self._refuse(question)
        elif (answer := rules.answer(question)) and answer.rule in _FREE_RULES:
            if question.kind == "join":
                self._greeted.add(dialog.id)
                self.composed.greeted.append(dialog)
            self._reply(question, answer, self._claimed_at)
        else:
            return False
        return True

    def _refuse(self, question: Question) -> None:
        person = (question.portal_id, question.author_id)
        lately = question.refused_at and question.refused_at > self._claimed_at - REFUSE_EVERY
        if question.kind == "join" or lately or person in self._refused:
            self._stay_silent(question, "not_allowed")
            return
        self._refused.add(person)
        self.composed.refused.append(question)
        body = texts.REFUSAL[texts.language_of(question.body, question.language)]
        self._reply(question, RuleAnswer("not_allowed", body), self._claimed_at, state="ignored")

    def _reply(
        self,
        question: Question,
        answer: RuleAnswer,
        at: datetime,
        steps: Sequence[dict[str, Any]] = (),
        state: str = "answered",
    ) -> None:
        dialog = self._dialog(question)
        bodies = parts.split(answer.body)
        self.composed.replies += [
            Reply(
                id=reply_id_of(question.id, part),
                portal_id=question.portal_id,
                dialog_id=question.dialog_id,
                provider_dialog_id=dialog.provider_dialog_id,
                trace_id=question.id,
                position=question.provider_message_id,
                part=part,
                body=body,
                buttons=answer.buttons if part == len(bodies) - 1 else (),
                reply_to=question.id,
                # In a group the reply shows which question it answers.
                reply_to_provider_id=0 if dialog.is_private or part else question.provider_message_id,
                author_id=question.bot_id,
                priority=1,
            )
            for part, body in enumerate(bodies)
        ]
        answered = _step("answered", at, rule=answer.rule)
        self._handle(question, state, answer.rule if state == "ignored" else "", [*steps, answered])

    def _stay_silent(self, question: Question, reason: str) -> None:
        self._handle(question, "ignored", reason, [_step("ignored", self._claimed_at, reason=reason)])

    def _handle(self, question: Question, state: str, reason: str, steps: list[dict[str, Any]]) -> None:
        waited = int((self._claimed_at - question.created_at).total_seconds() * 1000)
        claimed = _step("claimed", self._claimed_at, max(0, waited))
        self.composed.handled.append(Handled(question, state, reason, [claimed, *steps]))

    def _dialog(self, question: Question) -> ClaimedDialog:
        return self._dialogs[question.portal_id, question.dialog_id]


def model_call(portal_id: UUID, answer: Answer, message_id: UUID | None) -> ModelCall | None:
    """Return what a model was asked for an answer and is to be counted, if one was."""
    if not answer.model or not answer.model.model:
        return None
    return ModelCall(
        portal_id=portal_id,
        id=ids.uuid7(),
        model=answer.model.model,
        prompt_tokens=answer.model.prompt_tokens,
        completion_tokens=answer.model.completion_tokens,
        message_id=message_id,
    )


def _step(step: str, at: datetime, took_ms: int = 0, **detail: object) -> dict[str, Any]:
    return {"at": at.isoformat(), "step": step, "took_ms": took_ms, "detail": detail}
