"""Natural group commit: while one flush is under way items gather, and the next flush takes them all.

No timer: an item alone waits for nobody (docs/architecture.md section 3).
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Hashable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Generic, TypeVar
from weakref import WeakValueDictionary

T = TypeVar("T")
R = TypeVar("R")


@dataclass(frozen=True)
class _Waiting(Generic[T, R]):
    item: T
    key: Hashable | None
    future: asyncio.Future[R]


class Coalescer(Generic[T, R]):
    """Turns single submits into batches for `flush`, which answers one result per item, in order."""

    def __init__(
        self,
        flush: Callable[[list[T]], Awaitable[Sequence[R]]],
        *,
        max_items: int,
        max_weight: int,
        max_in_flight: int,
        worth_another: int = 1,
        weigh: Callable[[T], int] = lambda _item: 1,
        key_of: Callable[[T], Hashable | None] = lambda _item: None,
    ) -> None:
        """Bound a batch by item count and by weight, and the number of flushes under way at once.

        Beside one under way the next begins when `worth_another` items wait: small flushes side by side only
        share the processors, and each costs what a larger one does. Items with one key, which is not None, are
        never in two flushes at once: they keep their order.
        """
        self._flush = flush
        self._max_items = max_items
        self._max_weight = max_weight
        self._max_in_flight = max_in_flight
        self._worth_another = worth_another
        self._weigh = weigh
        self._key_of = key_of
        self._keys_under_way: set[Hashable] = set()
        self._waiting: deque[_Waiting[T, R]] = deque()
        self._in_flight: set[asyncio.Task[None]] = set()

    async def submit(self, item: T) -> R:
        """Return the flush's result for `item`; raises what the flush of its batch raised."""
        future: asyncio.Future[R] = asyncio.get_running_loop().create_future()
        self._waiting.append(_Waiting(item, self._key_of(item), future))
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
        if len(self._in_flight) < self._max_in_flight and self._is_worth_it():
            task = asyncio.create_task(self._run())
            self._in_flight.add(task)
            task.add_done_callback(self._finished)

    def _is_worth_it(self) -> bool:
        enough = self._worth_another if self._in_flight else 1
        if len(self._waiting) < enough:
            return False
        return sum(1 for _ in islice(filter(self._may_go, self._waiting), enough)) == enough

    def _may_go(self, one: _Waiting[T, R]) -> bool:
        return one.key is None or one.key not in self._keys_under_way

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._in_flight.discard(task)
        self._start()

    async def _run(self) -> None:
        batch = self._take()
        if not batch:
            return
        keys = {one.key for one in batch}
        self._keys_under_way |= keys
        try:
            results = await self._flush([one.item for one in batch])
        except Exception as error:  # noqa: BLE001 - whatever failed, each submitter is told
            for one in batch:
                if not one.future.done():
                    one.future.set_exception(error)
            return
        finally:
            self._keys_under_way -= keys
        for one, result in zip(batch, results, strict=True):
            if not one.future.done():
                one.future.set_result(result)

    def _take(self) -> list[_Waiting[T, R]]:
        batch, stay = list[_Waiting[T, R]](), list[_Waiting[T, R]]()
        weight = 0
        while self._waiting and len(batch) < self._max_items:
            if not self._may_go(self._waiting[0]):
                stay.append(self._waiting.popleft())
                continue
            weight += self._weigh(self._waiting[0].item)
            if batch and weight > self._max_weight:
                break
            batch.append(self._waiting.popleft())
        self._waiting.extendleft(reversed(stay))
        return batch


class Lines(Generic[T, R]):
    """A coalescer for each key, there for as long as it has something to flush; keys never wait for each other."""

    def __init__(
        self, flush: Callable[[list[T]], Awaitable[Sequence[R]]], *, max_weight: int, weigh: Callable[[T], int]
    ) -> None:
        """Flush what came with one key together, and one flush of a key after another."""
        self._flush = flush
        self._max_weight = max_weight
        self._weigh = weigh
        self._of: WeakValueDictionary[Hashable, Coalescer[T, R]] = WeakValueDictionary()

    def __len__(self) -> int:
        """How many keys have something to flush."""
        return len(self._of)

    async def submit(self, key: Hashable, item: T) -> R:
        """Return the flush's result for `item`; raises what the flush of its batch raised."""
        line = self._of.get(key)
        if line is None:
            line = self._of[key] = Coalescer(
                self._flush,
                max_items=self._max_weight,
                max_weight=self._max_weight,
                max_in_flight=1,
                weigh=self._weigh,
            )
        return await line.submit(item)
