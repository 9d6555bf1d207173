"""A language model behind any endpoint that speaks OpenAI's chat completions."""

import asyncio
import random
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import structlog
from prometheus_client import Counter, Histogram

from messaging.clients.endpoint import TIMEOUT_S, Endpoint, Endpoints, ModelFailed, translated

if TYPE_CHECKING:
    from openai import AsyncOpenAI

log = structlog.get_logger("model")

SECONDS = Histogram(
    "tb_model_seconds",
    "Time a model took to answer",
    ["outcome"],
    buckets=(0.5, 1, 2.5, 5, 10, 15, 30, 45),
)
TOKENS = Counter("tb_model_tokens_total", "What models were given and what they said", ["kind"])

MAX_TOKENS = 1_200
STALLED_S = 15.0
"""Between two pieces of an answer."""
ROUNDS = 2
"""How often the whole chain is asked while what fails is of the kind that passes."""
PAUSE_S = 0.5
_PASSING = {"overloaded", "unreachable"}
_WHOLE = {"stop", "length"}
_LONGEST = 8_000
"""Characters of what a model says."""


@dataclass(frozen=True)
class Completion:
    """What a model said, and what it cost."""

    text: str
    model: str
    prompt_tokens: int
    completion_tokens: int
    took_ms: int


class Models:
    """Asks models."""

    def __init__(self, endpoints: Endpoints) -> None:
        self._endpoints = endpoints

    async def complete(
        self, endpoint: Endpoint, messages: Sequence[Mapping[str, str]], patience_s: float = TIMEOUT_S
    ) -> Completion:
        """Return what the first model that can answer says, all within `patience_s`. Raises ModelFailed."""

        async def first(client: "AsyncOpenAI") -> Completion:
            failure = ModelFailed("refused", "no model is named")
            for again in range(ROUNDS):
                if again:
                    await asyncio.sleep(PAUSE_S * random.uniform(1, 2))  # noqa: S311 - spreads load, guards nothing
                for model in endpoint.models:
                    try:
                        return await _counted(client, model, messages)
                    except ModelFailed as error:
                        log.warning("model failed", model=model, code=error.code, error=str(error))
                        failure = error
                if failure.code not in _PASSING:
                    break
            raise failure

        return await self._endpoints.ask(endpoint, first, patience_s)


async def _counted(client: "AsyncOpenAI", model: str, messages: Sequence[Mapping[str, str]]) -> Completion:
    began = time.perf_counter()
    try:
        completion = await _ask(client, model, messages)
    except ModelFailed:
        SECONDS.labels("failed").observe(time.perf_counter() - began)
        raise
    SECONDS.labels("ok").observe(completion.took_ms / 1000)
    TOKENS.labels("prompt").inc(completion.prompt_tokens)
    TOKENS.labels("completion").inc(completion.completion_tokens)
    return completion


async def _ask(client: "AsyncOpenAI", model: str, messages: Sequence[Mapping[str, str]]) -> Completion:
    """Read an answer piece by piece: one that stalls or has no end is left, whatever its endpoint promised."""
    began = time.perf_counter()
    given: list[Any] = list(messages)
    said = _Said()
    with translated():
        pieces: Any = await client.chat.completions.create(
            model=model,
            messages=given,
            temperature=0.1,
            max_tokens=MAX_TOKENS,
            stream=True,
            stream_options={"include_usage": True},
        )
        try:
            async with pieces, asyncio.timeout(STALLED_S) as stalled:
                async for piece in pieces:
                    stalled.reschedule(asyncio.get_running_loop().time() + STALLED_S)
                    said.add(piece)
        except TimeoutError as error:
            raise ModelFailed("timeout", "stalled") from error  # the next model may have its turn
    return said.completion(model, int(1000 * (time.perf_counter() - began)))


@dataclass
class _Said:
    """What was said so far."""

    text: str = ""
    reason: str = ""
    tokens: tuple[int, int] = (0, 0)

    def add(self, piece: Any) -> None:
        """Add a piece. Raises ModelFailed for what has not the form that was asked for."""
        try:
            for choice in piece.choices:
                self.text += choice.delta.content or ""
                self.reason = choice.finish_reason or self.reason
            if piece.usage:
                self.tokens = int(piece.usage.prompt_tokens), int(piece.usage.completion_tokens)
        except (AttributeError, TypeError, ValueError) as error:
            raise ModelFailed("cut", "not what a completion looks like") from error
        if len(self.text) > _LONGEST:
            raise ModelFailed("cut", "too long")

    def completion(self, model: str, took_ms: int) -> Completion:
        """Return the whole. Raises ModelFailed where it ended before its end, or is nothing."""
        if self.reason not in _WHOLE:
            raise ModelFailed("cut", self.reason[:50])
        if not self.text.strip():
            raise ModelFailed("empty")
        return Completion(self.text.strip(), model, *self.tokens, took_ms)
