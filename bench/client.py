"""The load: raw keep-alive connections that send prepared requests and clock the answers."""

import asyncio
import random
import re
from collections import deque
from collections.abc import Callable, Iterator
from time import perf_counter
from typing import cast

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)\r\n", re.IGNORECASE)
_OK = b"HTTP/1.1 200 "


class Refused(Exception):
    """An answer other than 200, or a connection that ended before its answer: there is no measurement then."""


class Connection(asyncio.Protocol):
    """One connection with at most one request under way."""

    def __init__(self, answered: Callable[["Connection"], None], failed: Callable[[Exception], None]) -> None:
        self._answered = answered
        self._failed = failed
        self._transport: asyncio.WriteTransport | None = None
        self._buffer = b""
        self._is_waiting = False
        self.sent_at = 0.0
        """When, by `perf_counter`, the request under way was sent or was meant to be sent."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self._transport = cast("asyncio.WriteTransport", transport)  # uvloop's is none by its class

    def send(self, request: bytes, sent_at: float) -> None:
        """Send a request whose clock began at `sent_at`."""
        assert self._transport is not None
        self.sent_at = sent_at
        self._is_waiting = True
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        """Take a part of an answer; tell when it is whole."""
        self._buffer += data
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            return
        if not self._buffer.startswith(_OK):
            self._failed(Refused(self._buffer[:200].decode(errors="replace")))
            return
        length = _LENGTH.search(self._buffer, 0, end + 2)
        if len(self._buffer) < end + 4 + (int(length[1]) if length else 0):
            return
        self._buffer = b""
        self._is_waiting = False
        self._answered(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """Fail when an answer was still owed."""
        if self._is_waiting:
            self._failed(exc or Refused("the connection was closed before the answer"))


class Load:
    """Sends requests until told to stop, and notes every acknowledgement.

    Closed loop (`rate` 0): a connection sends the next request when it has its answer. Open loop: requests
    are due at chance moments, `rate` a second on average, whether or not earlier ones were answered; the
    clock of a request begins when it is due, so that a server that stalls is not spared what it delays.
    """

    def __init__(self, requests: Iterator[bytes], rate: float) -> None:
        self._requests = requests
        self._rate = rate
        self._chance = random.Random(1)
        self._idle: deque[Connection] = deque()
        self._due: deque[float] = deque()
        self._stopping = False
        self._under_way = 0
        self._loop = asyncio.get_running_loop()
        self.done: asyncio.Future[None] = self._loop.create_future()
        """Done when the last answer has come after `stop`; fails at the first request that fails."""
        self.sent = 0
        self.acknowledged: list[tuple[float, float]] = []
        """(`perf_counter` at the answer, seconds it took), of every request so far."""

    async def start(self, port: int, size: int) -> None:
        """Connect to 127.0.0.1:`port` and begin."""
        connections = [
            (
                await self._loop.create_connection(
                    lambda: Connection(self._answered, self._failed), "127.0.0.1", port
                )
            )[1]
            for _ in range(size)
        ]
        if self._rate:
            self._idle.extend(connections)
            self._fall_due(perf_counter())
        else:
            for connection in connections:
                self._send(connection, perf_counter())

    def stop(self) -> None:
        """Send nothing more; `done` waits for what is under way."""
        self._stopping = True
        self._finish()

    def _fall_due(self, moment: float) -> None:
        now = perf_counter()
        while moment <= now and not self._stopping:
            self._due.append(moment)
            moment += self._chance.expovariate(self._rate)
        while self._due and self._idle:
            self._send(self._idle.popleft(), self._due.popleft())
        if not self._stopping:
            self._loop.call_later(moment - now, self._fall_due, moment)

    def _send(self, connection: Connection, sent_at: float) -> None:
        self.sent += 1
        self._under_way += 1
        connection.send(next(self._requests), sent_at)

    def _answered(self, connection: Connection) -> None:
        now = perf_counter()
        self._under_way -= 1
        self.acknowledged.append((now, now - connection.sent_at))
        if self._due:
            self._send(connection, self._due.popleft())
        elif self._rate and not self._stopping:
            self._idle.append(connection)
        elif not self._stopping:
            self._send(connection, now)
        else:
            self._finish()

    def _finish(self) -> None:
        if not self._under_way and not self.done.done():
            self.done.set_result(None)

    def _failed(self, error: Exception) -> None:
        if not self.done.done():
            self.done.set_exception(error)
