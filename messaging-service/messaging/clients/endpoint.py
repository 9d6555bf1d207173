"""Any endpoint that speaks OpenAI's API: its client, its faults as ours, its rest when it fails time and again."""

import asyncio
import importlib
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from openai import AsyncOpenAI

T = TypeVar("T")

TIMEOUT_S = 45.0
"""Of all tries together: somebody waits, and what the documents say can be quoted without a model."""
FAILURES_TO_OPEN = 3
OPEN_S = 30.0
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


@dataclass
class _Health:
    failures: int = 0
    rests_until: float = 0.0


class Endpoints:
    """Asks endpoints; one that fails somebody time and again rests for them for a while."""

    def __init__(self, clock: Callable[[], float] = time.monotonic, most_s: float = TIMEOUT_S) -> None:
        self._clients: OrderedDict[tuple[str, str], AsyncOpenAI] = OrderedDict()
        self._health: dict[Endpoint, _Health] = {}
        self._clock = clock
        self._most_s = most_s

    async def ask(
        self, endpoint: Endpoint, asking: Callable[["AsyncOpenAI"], Awaitable[T]], patience_s: float
    ) -> T:
        """Return what comes of asking, all within `patience_s`. Raises ModelFailed."""
        health = self._health.setdefault(endpoint, _Health())
        if health.rests_until > self._clock():
            raise ModelFailed("resting")
        await asyncio.to_thread(importlib.import_module, "openai")  # the first time it takes half a second
        try:
            async with asyncio.timeout(min(patience_s, self._most_s)):
                with translated():
                    answer = await asking(await self._client(endpoint))
        except (ModelFailed, TimeoutError) as error:
            health.failures += 1
            if health.failures >= FAILURES_TO_OPEN:
                health.failures, health.rests_until = 0, self._clock() + OPEN_S
            raise error if isinstance(error, ModelFailed) else ModelFailed("timeout") from error
        self._health.pop(endpoint, None)
        return answer

    async def close(self) -> None:
        """Close connections."""
        for client in self._clients.values():
            await client.close()

    async def _client(self, endpoint: Endpoint) -> "AsyncOpenAI":
        from openai import AsyncOpenAI, DefaultAsyncHttpxClient  # noqa: PLC0415 - as in `translated`

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


@contextmanager
def translated() -> Iterator[None]:
    """Raise ModelFailed for what the SDK raises."""
    import openai  # noqa: PLC0415 - 54 MB that a process without models need not hold

    try:
        yield
    except openai.APITimeoutError as error:
        raise ModelFailed("timeout") from error
    except openai.RateLimitError as error:
        raise ModelFailed("overloaded") from error
    except openai.APIConnectionError as error:
        raise ModelFailed("unreachable", type(error.__cause__).__name__) from error  # its text may hold the key
    except openai.APIStatusError as error:
        code = "overloaded" if error.status_code >= 500 else "refused"
        raise ModelFailed(code, f"HTTP {error.status_code}") from error
    except (openai.OpenAIError, ValueError, RecursionError) as error:  # what is no JSON comes as it is
        raise ModelFailed("cut", type(error).__name__) from error
