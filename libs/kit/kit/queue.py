"""arq as a doorbell: a job only says "look". The rows in Postgres are the work (docs/architecture.md 3)."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, cast

import structlog
from arq.connections import ArqRedis, RedisSettings, create_pool
from arq.typing import WorkerCoroutine
from arq.worker import Worker, func
from redis.exceptions import RedisError

from kit import heartbeat, metrics, work

log = structlog.get_logger("queue")

RING_EVERY_S = 0.02
"""Rings that come closer are one: a ring costs four round trips, and a job on the other side."""
LISTEN_S = 1
"""How long a worker listens at a time; then it looks without a ring: whoever took the ring may have died."""
BELL_KEY = "bell:{queue}"
"""A list: a ring puts a word into it, and the one worker that takes it out looks into the queue."""
_MOST_RINGS = 16
"""Words that are kept where nobody listens."""
JOB_TIMEOUT_S = 60
_RECONNECT_S = 1.0
_RING_S = 0.5
"""How long Redis may take; a frozen one must not gather rings."""


class Bell:
    """Rings a queue, off the caller's path: who rings waits for nothing, and rings of one moment are one.

    A ring that Redis does not take is not an error: the sweep looks anyway.
    """

    def __init__(self, redis_url: str, queue: str) -> None:
        self._settings = RedisSettings.from_dsn(redis_url)
        self._settings.conn_retries = 0
        self._settings.conn_timeout = 1
        self._queue = queue
        self._pool: ArqRedis | None = None
        self._due: set[str] = set()
        self._ringing: asyncio.Task[None] | None = None

    def ring(self, job: str) -> None:
        """Have a worker of the queue run `job` soon."""
        self._due.add(job)
        if self._ringing is None or self._ringing.done():
            self._ringing = asyncio.create_task(self._ring_all())

    async def close(self) -> None:
        """Let the last ring out and close the connections."""
        if self._ringing is not None:
            await self._ringing
        if self._pool is not None:
            await self._pool.aclose()

    async def _ring_all(self) -> None:
        while self._due:
            try:
                async with asyncio.timeout(_RING_S):
                    await self._enqueue(self._due.pop())
            except (RedisError, OSError, TimeoutError) as error:
                metrics.BELL_FAILURES.labels(self._queue).inc()
                log.warning("bell not rung", queue=self._queue, error=repr(error))
            await asyncio.sleep(RING_EVERY_S)

    async def _enqueue(self, job: str) -> None:
        if self._pool is None:
            self._pool = await create_pool(self._settings, default_queue_name=self._queue)
        await self._pool.enqueue_job(job)
        key = BELL_KEY.format(queue=self._queue)
        async with self._pool.pipeline(transaction=False) as pipe:
            pipe.rpush(key, job)
            pipe.ltrim(key, -_MOST_RINGS, -1)
            await pipe.execute()


class _Listener(Worker):
    """An arq worker that is woken by the ring: one that asks time and again is late, and never idle."""

    async def _poll_iteration(self) -> None:
        key = BELL_KEY.format(queue=self.queue_name)
        # One signature for clients of both kinds; this one is asynchronous.
        await cast("Awaitable[Any]", self.pool.blpop([key], timeout=LISTEN_S))
        await super()._poll_iteration()


async def run_worker(redis_url: str, queue: str, jobs: Mapping[str, Callable[[], Awaitable[None]]]) -> None:
    """Answer the bell of `queue` until cancelled; connect again when Redis was away. Tells that this one lives."""
    beating = asyncio.create_task(heartbeat.beat(redis_url, f"{queue}-worker"))
    try:
        await _answer(redis_url, queue, jobs)
    finally:
        beating.cancel()
        await asyncio.wait([beating])


async def _answer(redis_url: str, queue: str, jobs: Mapping[str, Callable[[], Awaitable[None]]]) -> None:
    while True:
        worker = _worker(redis_url, queue, jobs)
        try:
            await worker.async_run()
        except (RedisError, OSError, TimeoutError) as error:
            log.warning("queue away", queue=queue, error=repr(error))
        finally:
            await _close(worker)
        await asyncio.sleep(_RECONNECT_S)


def _worker(redis_url: str, queue: str, jobs: Mapping[str, Callable[[], Awaitable[None]]]) -> Worker:
    settings = RedisSettings.from_dsn(redis_url)
    settings.conn_retries = 0
    return _Listener(
        functions=[
            func(_job(name, run), name=name, timeout=JOB_TIMEOUT_S, max_tries=1) for name, run in jobs.items()
        ],
        queue_name=queue,
        redis_settings=settings,
        poll_delay=0,
        max_jobs=100,
        keep_result=0,
        handle_signals=False,
        health_check_interval=30,
        log_results=False,
    )


def _job(name: str, run: Callable[[], Awaitable[None]]) -> WorkerCoroutine:
    async def job(ctx: dict[Any, Any], *_args: Any, **_kwargs: Any) -> None:  # noqa: ARG001 - arq's shape
        with work.doing("job", name):
            await run()

    return job


async def _close(worker: Worker) -> None:
    try:
        await worker.close()
    except (RedisError, OSError, AttributeError) as error:
        # arq first deletes a key, and leaves its connections open when Redis is away.
        log.debug("queue not closed cleanly", error=repr(error))
        if pool := worker._pool:  # noqa: SLF001 - the property raises where there is none
            await pool.aclose()
