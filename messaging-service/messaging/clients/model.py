"""A language model behind any endpoint that speaks OpenAI's chat completions."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import structlog

if TYPE_CHECKING:
    from openai import AsyncOpenAI

log = structlog.get_logger("model")

TIMEOUT_S = 45.0
"""Of one try: somebody waits, and what the documents say can be quoted without a model."""
RETRIES = 1
FAILURES_TO_OPEN = 3
OPEN_S = 30.0
MAX_TOKENS = 1_200
_WHOLE = {"stop", "length"}


class ModelFailed(Exception):
    """No usable answer came. `code` is stable: timeout, unreachable, refused, overloaded, cut, empty, resting."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(f"{code}: {detail}" if detail else code)
        self.code = code


@dataclass(frozen=True)
class Endpoint:
    """Where models answer. Several models are tried in their order."""

    base_url: str
    api_key: str = field(repr=False)
    models: tuple[str, ...] = ()


@dataclass(frozen=True)
class Completion:
    """What a model said, and what it cost."""

    text: str
    model: str
    prompt_tokens: int
    completion_tokens: int
    took_ms: int


@dataclass
class _Health:
    failures: int = 0
    rests_until: float = 0.0


class Models:
    """Asks models; an endpoint that fails time and again rests for a while."""

    def __init__(self, clock: Callable[[], float] = time.monotonic, timeout_s: float = TIMEOUT_S) -> None:
        self._clients: dict[tuple[str, str], AsyncOpenAI] = {}
        self._health: dict[str, _Health] = {}
        self._clock = clock
        self._timeout_s = timeout_s

    async def complete(self, endpoint: Endpoint, messages: Sequence[Mapping[str, str]]) -> Completion:
        """Return what the first model that can answer says. Raises ModelFailed, the last one's."""
        health = self._health.setdefault(endpoint.base_url, _Health())
        if health.rests_until > self._clock():
            raise ModelFailed("resting")
        failure = ModelFailed("refused", "no model is named")
        for model in endpoint.models:
            try:
                completion = await self._ask(endpoint, model, messages)
            except ModelFailed as error:
                log.warning("model failed", model=model, code=error.code, error=str(error))
                failure = error
                continue
            health.failures = 0
            return completion
        health.failures += 1
        if health.failures >= FAILURES_TO_OPEN:
            health.failures, health.rests_until = 0, self._clock() + OPEN_S
        raise failure

    async def close(self) -> None:
        """Close connections."""
        for client in self._clients.values():
            await client.close()

    async def _ask(self, endpoint: Endpoint, model: str, messages: Sequence[Mapping[str, str]]) -> Completion:
        import openai  # noqa: PLC0415 - 54 MB that a process without models need not hold

        began = time.perf_counter()
        given: list[Any] = list(messages)
        try:
            answer = await self._client(endpoint).chat.completions.create(
                model=model, messages=given, temperature=0.1, max_tokens=MAX_TOKENS
            )
        except openai.APITimeoutError as error:
            raise ModelFailed("timeout") from error
        except openai.RateLimitError as error:
            raise ModelFailed("overloaded") from error
        except openai.APIConnectionError as error:
            raise ModelFailed("unreachable", str(error.__cause__)) from error
        except openai.APIStatusError as error:
            code = "overloaded" if error.status_code >= 500 else "refused"
            raise ModelFailed(code, f"HTTP {error.status_code}") from error
        except (openai.OpenAIError, ValueError) as error:  # what is no JSON comes as it is
            raise ModelFailed("cut", type(error).__name__) from error
        choice = answer.choices[0] if answer.choices else None
        text = (choice.message.content or "").strip() if choice else ""
        if choice is None or choice.finish_reason not in _WHOLE:
            raise ModelFailed("cut", str(choice and choice.finish_reason))
        if not text:
            raise ModelFailed("empty")
        used = answer.usage
        return Completion(
            text=text,
            model=model,
            prompt_tokens=used.prompt_tokens if used else 0,
            completion_tokens=used.completion_tokens if used else 0,
            took_ms=int(1000 * (time.perf_counter() - began)),
        )

    def _client(self, endpoint: Endpoint) -> "AsyncOpenAI":
        from openai import AsyncOpenAI  # noqa: PLC0415 - as above

        key = (endpoint.base_url, endpoint.api_key)
        if key not in self._clients:
            self._clients[key] = AsyncOpenAI(
                base_url=endpoint.base_url,
                api_key=endpoint.api_key or "-",
                timeout=self._timeout_s,
                max_retries=RETRIES,
            )
        return self._clients[key]
