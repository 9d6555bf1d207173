"""Shapes of the settings of answers and of explanations (docs/interfaces.md)."""

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, Field

from edge.schemas.text import Text

Url = Annotated[Text, Field(max_length=512)]
Kind = Literal["curated", "knowledge", "not_found", "no_knowledge"]
Model = Annotated[Text, Field(min_length=1, max_length=200)]


class AnswerSettings(BaseModel):
    """How answers are made. null = not chosen: what everybody has counts.

    `strictness`: how sure a passage must be; `language`: of answers, `question` = that of the question;
    `citations`: what of a source is named; `history`: earlier messages that a model is shown; `embeddings`: by
    which passages are compared in meaning: none, the built-in model, or `embedding_model` at `base_url`.
    """

    model_enabled: bool | None = None
    base_url: Url | None = None
    models: Annotated[list[Model], Field(max_length=5)] | None = None
    tone: Literal["neutral", "friendly", "formal"] | None = None
    strictness: Literal["strict", "balanced", "lenient"] | None = None
    language: Literal["question", "ru", "en"] | None = None
    citations: Literal["full", "short"] | None = None
    history: Annotated[int, Field(ge=0, le=10)] | None = None
    embeddings: Literal["off", "local", "endpoint"] | None = None
    embedding_model: Annotated[Text, Field(max_length=200)] | None = None


class AnswerSettingsChange(AnswerSettings):
    """What is chosen from now on; `api_key`: null = it stays, empty = it is removed."""

    api_key: Annotated[Text, Field(max_length=4096)] | None = None


class GlobalAnswerSettingsChange(AnswerSettingsChange):
    """For everybody; `allowed_base_urls`: where portals may have models of their own."""

    allowed_base_urls: Annotated[list[Url], Field(max_length=50)] = []


class AnswerSettingsChosen(BaseModel):
    """What was chosen here, and what counts. A key is never told."""

    own: AnswerSettings
    has_api_key: bool
    effective: AnswerSettings
    allowed_base_urls: list[str]


class ModelCost(BaseModel):
    """A counted call of a model; `cost_micro`, in millionths of the minor unit, null = it had no price then."""

    model: str
    prompt_tokens: int
    completion_tokens: int
    cost_micro: int | None
    currency: str | None


class PassageSeen(BaseModel):
    """A passage that was looked at, the `place`-th of its document.

    `coverage`: of the question's words, 0 to 1; `similarity`: in meaning, -1 to 1.
    """

    document_id: str
    filename: str
    place: int
    page: int | None
    heading: list[str]
    score: float
    coverage: float
    similarity: float | None = None
    verdict: Literal["quoted", "same_document", "weaker", "below_gate"]


class Quoted(BaseModel):
    """What was quoted of a document."""

    document_id: str
    place: int
    page: int | None
    heading: list[str]
    quote: str


class AnswerDetail(BaseModel):
    """What an answer was made from; `suggested`: offered instead; `model`: its part, without the prompt."""

    passages: list[PassageSeen] = []
    quotes: list[Quoted] = []
    suggested: list[str] = []
    model: dict[str, Any] | None = None


class Explanation(BaseModel):
    """Why a message was answered as it was: passages with verdicts, quotes, the model's part.

    `costs` null = billing does not answer now.
    """

    kind: Kind
    detail: AnswerDetail
    took_ms: int
    created_at: str
    costs: list[ModelCost] | None


class CuratedChange(BaseModel):
    """A question and the answer to it, in Markdown; `from_message_id`: the message that called for it."""

    question: Annotated[Text, Field(min_length=1, max_length=1000)]
    answer: Annotated[Text, Field(min_length=1, max_length=8000)]
    from_message_id: UUID | None = None


class Curated(BaseModel):
    """An answer that an administrator wrote: it wins over documents."""

    id: str
    portal_id: str
    created_at: str
    updated_at: str
    question: str
    answer: str
    from_message_id: str | None
    created_by: int


class GoldenSource(BaseModel):
    """A document that an answer rests on."""

    document_id: str
    filename: str


class GoldenAnswer(BaseModel):
    """What was answered: `answer` in Markdown."""

    kind: Kind
    answer: str
    sources: list[GoldenSource]


class GoldenAdded(BaseModel):
    """A question whose answer is known."""

    question: Annotated[Text, Field(min_length=1, max_length=1000)]


class Golden(BaseModel):
    """A question that is asked again when documents change, without a model.

    `accepted`: the answer that was right, at first the first one; `current`: the answer now. null = not asked yet.
    """

    id: str
    portal_id: str
    created_at: str
    question: str
    accepted: GoldenAnswer | None
    current: GoldenAnswer | None
    is_changed: bool
    asked_at: str | None
    created_by: int


class Unsatisfied(BaseModel):
    """A question that got no answer, or one that somebody thought bad: `answer` as it was sent, in BB code."""

    id: str
    portal_id: str
    created_at: str
    user_id: int
    question: str
    answer: str | None
    reaction: str | None
