"""The queue server: posts an event once, never again, and writes down what came of it (contract 5.1)."""

import asyncio
import contextlib
import time
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from b24sim.clock import Clock, utc
from b24sim.portal import Portal

TIMEOUT_SECONDS = 10.0
CONNECTIONS = 100
OVERTAKEN_SECONDS = 10.0
HEADERS = {"Content-Type": "application/x-www-form-urlencoded", "User-Agent": "Bitrix24 Webhook Engine"}


@dataclass(frozen=True, slots=True)
class Parcel:
    """One event on its way: the wire body and where it goes."""

    event: str
    url: str
    body: bytes
    message_id: int = 0
    delay_ms: int = 0
    overtaken: bool = False
    """Leaves only when the portal's next one has been delivered, or after OVERTAKEN_SECONDS."""


@dataclass
class Sender:
    """Posts parcels in the background; `open` and `close` belong to the loop that serves."""

    clock: Clock
    session: aiohttp.ClientSession | None = None
    tasks: set[asyncio.Task[int | str]] = field(default_factory=set)
    overtaking: dict[str, asyncio.Event] = field(default_factory=dict)
    """By member_id: set by the next delivery of the portal."""

    def open(self) -> None:
        """Open the connection pool."""
        self.session = aiohttp.ClientSession(
            timeout=aiohttp.ClientTimeout(total=TIMEOUT_SECONDS),
            connector=aiohttp.TCPConnector(limit=CONNECTIONS),
            headers=HEADERS,
        )

    async def close(self) -> None:
        """Drop what is under way and close the pool."""
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)
        if self.session is not None:
            await self.session.close()

    def post(self, portal: Portal, parcel: Parcel) -> asyncio.Task[int | str]:
        """Send in the background; the task ends with the HTTP status or the name of what failed."""
        task = asyncio.get_running_loop().create_task(self._deliver(portal, parcel))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)
        return task

    async def _deliver(self, portal: Portal, parcel: Parcel) -> int | str:
        if parcel.delay_ms:
            await asyncio.sleep(parcel.delay_ms / 1000)
        if parcel.overtaken:
            await self._be_overtaken(portal)
        at, started = self.clock(), time.perf_counter()
        result = await self._post(parcel)
        if not parcel.overtaken and (waiting := self.overtaking.pop(portal.member_id, None)):
            waiting.set()
        record(portal, parcel, at, result, (time.perf_counter() - started) * 1000)
        return result

    async def _be_overtaken(self, portal: Portal) -> None:
        overtaken = self.overtaking.setdefault(portal.member_id, asyncio.Event())
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(OVERTAKEN_SECONDS):
                await overtaken.wait()

    async def _post(self, parcel: Parcel) -> int | str:
        if self.session is None:
            return "sender is closed"
        try:
            # no redirects: the platform does not follow them with the body
            async with self.session.post(parcel.url, data=parcel.body, allow_redirects=False) as answer:
                await answer.read()
                return answer.status
        except TimeoutError:
            return "timeout"
        except (aiohttp.ClientError, OSError) as error:
            return f"{type(error).__name__}: {error}"


def record(portal: Portal, parcel: Parcel, at: float, result: int | str, took_ms: float = 0.0) -> None:
    """Write one line of the delivery log; `result` is the HTTP status or a word."""
    line: dict[str, Any] = {
        "at": utc(at),
        "event": parcel.event,
        "url": parcel.url,
        "message_id": parcel.message_id,
        "status": result if isinstance(result, int) else None,
        "error": None if isinstance(result, int) else result,
        "ms": round(took_ms, 1),
    }
    portal.live.deliveries.append(line)
    portal.counts["events"] += 1
