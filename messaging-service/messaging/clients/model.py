"""A language model behind any endpoint that speaks OpenAI's chat completions."""

import asyncio
import importlib
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import structlog

if TYPE_CHECKING:
    from openai import AsyncOpenAI

log = structlog.get_logger("model")

TIMEOUT_S = 45.0
"""Of all tries together: somebody waits, and what the documents say can be quoted without a model."""
FAILURES_TO_OPEN = 3
OPEN_S = 30.0
MAX_TOKENS = 1_200
_WHOLE = {"stop", "length"}
_LONGEST = 8_000
"""Characters of what a model says."""
_MOST_CLIENTS = 64


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
    """Asks models; an endpoint that fails somebody time and again rests for them for a while."""

    def __init__(self, clock: Callable[[], float] = time.monotonic, most_s: float = TIMEOUT_S) -> None:
        self._clients: OrderedDict[tuple[str, str], AsyncOpenAI] = OrderedDict()
        self._health: dict[Endpoint, _Health] = {}
        self._clock = clock
        self._most_s = most_s

    async def complete(
        self, endpoint: Endpoint, messages: Sequence[Mapping[str, str]], patience_s: float = TIMEOUT_S
    ) -> Completion:
        """Return what the first model that can answer says, all within `patience_s`. Raises ModelFailed."""
        health = self._health.setdefault(endpoint, _Health())
        if health.rests_until > self._clock():
            raise ModelFailed("resting")
        await asyncio.to_thread(importlib.import_module, "openai")  # the first time it takes half a second
        try:
            async with asyncio.timeout(min(patience_s, self._most_s)):
                completion = await self._first(endpoint, messages)
        except (ModelFailed, TimeoutError) as error:
            health.failures += 1
            if health.failures >= FAILURES_TO_OPEN:
                health.failures, health.rests_until = 0, self._clock() + OPEN_S
            raise error if isinstance(error, ModelFailed) else ModelFailed("timeout") from error
        self._health.pop(endpoint, None)
        return completion

    async def close(self) -> None:
        """Close connections."""
        for client in self._clients.values():
            await client.close()

    async def _first(self, endpoint: Endpoint, messages: Sequence[Mapping[str, str]]) -> Completion:
        failure = ModelFailed("refused", "no model is named")
        for model in endpoint.models:
            try:
                return await self._ask(endpoint, model, messages)
            except ModelFailed as error:
                log.warning("model failed", model=model, code=error.code, error=str(error))
                failure = error
        raise failure

    async def _ask(self, endpoint: Endpoint, model: str, messages: Sequence[Mapping[str, str]]) -> Completion:
        import openai  # noqa: PLC0415 - 54 MB that a process without models need not hold

        began = time.perf_counter()
        given: list[Any] = list(messages)
        try:
            client = await self._client(endpoint)
            answer: Any = await client.chat.completions.create(
                model=model, messages=given, temperature=0.1, max_tokens=MAX_TOKENS
            )
        except openai.APITimeoutError as error:
            raise ModelFailed("timeout") from error
        except openai.RateLimitError as error:
            raise ModelFailed("overloaded") from error
        except openai.APIConnectionError as error:
            raise ModelFailed(
                "unreachable", type(error.__cause__).__name__
            ) from error  # its text may hold the key
        except openai.APIStatusError as error:
            code = "overloaded" if error.status_code >= 500 else "refused"
            raise ModelFailed(code, f"HTTP {error.status_code}") from error
        except (openai.OpenAIError, ValueError, RecursionError) as error:  # what is no JSON comes as it is
            raise ModelFailed("cut", type(error).__name__) from error
        return _completion(answer, model, int(1000 * (time.perf_counter() - began)))

    async def _client(self, endpoint: Endpoint) -> "AsyncOpenAI":
        from openai import AsyncOpenAI, DefaultAsyncHttpxClient  # noqa: PLC0415 - as above

        key = (endpoint.base_url, endpoint.api_key)
        if key not in self._clients:
            self._clients[key] = AsyncOpenAI(
                base_url=endpoint.base_url,
                api_key=endpoint.api_key or "-",
                timeout=TIMEOUT_S,
                max_retries=0,
                # The address is one that was allowed; where it sends us to is not.
                http_client=DefaultAsyncHttpxClient(follow_redirects=False, trust_env=False),
            )
        self._clients.move_to_end(key)
        while len(self._clients) > _MOST_CLIENTS:
            _, oldest = self._clients.popitem(last=False)
            await oldest.close()
        return self._clients[key]


def _completion(answer: Any, model: str, took_ms: int) -> Completion:
    """Return what was said. Raises ModelFailed for what has not the form that was asked for."""
    try:
        choice = answer.choices[0]
        said, reason, used = choice.message.content, choice.finish_reason, answer.usage
        tokens = (int(used.prompt_tokens), int(used.completion_tokens)) if used else (0, 0)
    except (AttributeError, IndexError, TypeError, ValueError) as error:
        raise ModelFailed("cut", "not what a completion looks like") from error
    if said is not None and not isinstance(said, str):
        raise ModelFailed("cut", "not a text")
    if reason not in _WHOLE or len(said or "") > _LONGEST:
        raise ModelFailed("cut", str(reason)[:50])
    if not (said or "").strip():
        raise ModelFailed("empty")
    return Completion((said or "").strip(), model, *tokens, took_ms)
