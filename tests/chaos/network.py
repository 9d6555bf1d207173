"""The wires between contexts: each call to one goes through a proxy of ours, which can be cut."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

_PIECE = 1 << 16


class Wire:
    """Carries connections to one address. Cut, it loses what is sent and says so to nobody."""

    def __init__(self, target: tuple[str, int]) -> None:
        self._target = target
        self._whole = asyncio.Event()
        self._whole.set()
        self.connections = 0
        """Open now."""

    @asynccontextmanager
    async def listening(self, port: int) -> AsyncIterator[None]:
        """Carry what comes to a port of loopback."""
        server = await asyncio.start_server(self._carry, "127.0.0.1", port)
        try:
            yield
        finally:
            server.close()

    @asynccontextmanager
    async def cut(self) -> AsyncIterator[None]:
        """Lose everything for a while; connections of that time are dead after it."""
        self._whole.clear()
        try:
            yield
        finally:
            self._whole.set()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            await self._whole.wait()
            there_reader, there_writer = await asyncio.open_connection(*self._target)
            self.connections += 1
            try:
                ways = self._way(reader, there_writer), self._way(there_reader, writer)
                done, left = await asyncio.wait(map(asyncio.ensure_future, ways), return_when="FIRST_COMPLETED")
                for one in left:
                    one.cancel()
                await asyncio.gather(*done, *left, return_exceptions=True)
            finally:
                self.connections -= 1
                there_writer.close()
        writer.close()

    async def _way(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while piece := await reader.read(_PIECE):
            if not self._whole.is_set():
                await self._whole.wait()  # what was lost leaves a hole, so the rest is of no use
                return
            writer.write(piece)
            await writer.drain()


@asynccontextmanager
async def wires(ways: Mapping[str, tuple[int, int]]) -> AsyncIterator[dict[str, Wire]]:
    """Have a wire for each context: name -> (port that its callers know, port where it listens)."""
    async with contextlib.AsyncExitStack() as life:
        found = {name: Wire(("127.0.0.1", there)) for name, (_, there) in ways.items()}
        for name, (here, _) in ways.items():
            await life.enter_async_context(found[name].listening(here))
        yield found
