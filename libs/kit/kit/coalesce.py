"""Natural group commit: while one flush is under way items gather, and the next flush takes them all.

No timer: an item alone waits for nobody (docs/architecture.md section 3).
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

T = TypeVar("T")
R = TypeVar("R")


class Coalescer(Generic[T, R]):
    """Turns single submits into batches for `flush`, which answers one result per item, in order."""

    def __init__(
        self,
        flush: Callable[[list[T]], Awaitable[list[R]]],
        *,
        max_items: int,
        max_weight: int,
        max_in_flight: int,
        worth_another: int = 1,
        weigh: Callable[[T], int] = lambda _item: 1,
    ) -> None:
        """Bound a batch by item count and by weight, and the number of flushes under way at once.

        Beside one under way the next begins when `worth_another` items wait: small flushes side by side only
        share the processors, and each costs what a larger one does.
        """
        self._flush = flush
        self._max_items = max_items
        self._max_weight = max_weight
        self._max_in_flight = max_in_flight
        self._worth_another = worth_another
        self._weigh = weigh
        self._waiting: deque[tuple[T, asyncio.Future[R]]] = deque()
        self._in_flight: set[asyncio.Task[None]] = set()

    async def submit(self, item: T) -> R:
        """Return the flush's result for `item`; raises what the flush of its batch raised."""
        future: asyncio.Future[R] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, future))
        self._start()
        return await future

    @property
    def depth(self) -> int:
        """How many items wait for a flush to begin."""
        return len(self._waiting)

    async def drain(self) -> None:
        """Wait until everything submitted so far is flushed."""
        while self._in_flight:
            await asyncio.wait(self._in_flight)

    def _start(self) -> None:
        enough = self._worth_another if self._in_flight else 1
        if len(self._waiting) >= enough and len(self._in_flight) < self._max_in_flight:
            task = asyncio.create_task(self._run())
            self._in_flight.add(task)
            task.add_done_callback(self._finished)

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._in_flight.discard(task)
        self._start()

    async def _run(self) -> None:
        batch = self._take()
        if not batch:
            return
        try:
            results = await self._flush([item for item, _ in batch])
        except Exception as error:  # noqa: BLE001 - whatever failed, each submitter is told
            for _, future in batch:
                if not future.done():
                    future.set_exception(error)
            return
        for (_, future), result in zip(batch, results, strict=True):
            if not future.done():
                future.set_result(result)

    def _take(self) -> list[tuple[T, asyncio.Future[R]]]:
        batch: list[tuple[T, asyncio.Future[R]]] = []
        weight = 0
        while self._waiting and len(batch) < self._max_items:
            weight += self._weigh(self._waiting[0][0])
            if batch and weight > self._max_weight:
                break
            batch.append(self._waiting.popleft())
        return batch
