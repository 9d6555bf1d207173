"""Claims work when the bell rings and handles it side by side, until there is none left to claim."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

import structlog

from kit import db, metrics, work

log = structlog.get_logger("dispatch")

T = TypeVar("T")

DRAIN_S = 3.0
"""What is under way when a process is to end gets so long: less than a supervisor's patience (devstack's GRACE)
and less than a lease, for nobody renews it any more."""


class Dispatcher(Generic[T]):
    """Between a bell and the rows that are the work.

    `claim(free)` holds at most `free` pieces of work in the database, fewer only where that was all;
    `handle(piece)` does one and returns the seconds after which there may be more to do because of it, or None.
    """

    def __init__(
        self,
        name: str,
        claim: Callable[[int], Awaitable[list[T]]],
        handle: Callable[[T], Awaitable[float | None]],
        max_running: int,
        gather_s: float = 0.0,
    ) -> None:
        """Do at most `max_running` pieces side by side.

        What comes while others are under way gathers until they are over, at most `gather_s`: a claim and a piece
        cost about the same for one row as for many.
        """
        self._name = name
        self._claim = claim
        self._handle = handle
        self._max_running = max_running
        self._gather_s = gather_s
        self._running: set[asyncio.Task[None]] = set()
        self._bell = asyncio.Event()
        self._is_short = False
        """Whether work may wait for a place."""
        self._is_stopping = False

    async def ring(self) -> None:
        """Look now: the job of the queue, and of the sweep."""
        self._bell.set()

    async def run(self) -> None:
        """Claim and handle until cancelled; then claim no more, and give what is held DRAIN_S to be done.

        A send that is broken off would have to be found out about, and a claim to run out, before anybody goes on.
        """
        self._is_stopping = False
        claiming = asyncio.create_task(self._claim_until_stopped())
        try:
            await asyncio.shield(claiming)
        finally:
            self._is_stopping = True
            self._bell.set()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(DRAIN_S):
                    await claiming
                    while self._running:
                        await asyncio.wait(self._running)
            for task in self._running:
                task.cancel()  # before what it uses is closed
            await asyncio.gather(*self._running, return_exceptions=True)

    async def _claim_until_stopped(self) -> None:
        while not self._is_stopping:
            await self._bell.wait()
            if self._running and self._gather_s:
                await asyncio.wait(self._running, timeout=self._gather_s)
            self._bell.clear()
            try:
                await self._claim_all()
            except Exception as error:  # noqa: BLE001 - the database may be away; the sweep rings again
                metrics.BACKGROUND_FAILURES.labels(f"claim_{self._name}").inc()
                log.warning("nothing claimed", work=self._name, error=repr(error))

    async def _claim_all(self) -> None:
        while not self._is_stopping and (free := self._max_running - len(self._running)) > 0:
            claimed = await self._claim(free)
            for piece in claimed:
                task = asyncio.create_task(self._run_one(piece))
                self._running.add(task)
                task.add_done_callback(self._one_over)
            if len(claimed) < free:
                self._is_short = False
                return
        self._is_short = True

    async def _run_one(self, piece: T) -> None:
        try:
            with work.doing("piece", self._name):
                again_in_s = await self._handle(piece)
        except Exception as error:
            metrics.BACKGROUND_FAILURES.labels(f"handle_{self._name}").inc()
            log.error("work failed", work=self._name, error=repr(error), exc_info=db.cause(error))
            return
        if again_in_s is not None:
            asyncio.get_running_loop().call_later(max(0.0, again_in_s), self._bell.set)

    def _one_over(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        if self._is_short:
            self._bell.set()
