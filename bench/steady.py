"""A steady stream of people's messages, each acknowledged or not, while something may be out of order."""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count, cycle
from time import perf_counter

from bench.events import FIRST_USER, portals, shell

DIALOGS_PER_PORTAL = 4
_AT_ONCE = 10
"""Dialogs that are written to in turns."""
_BURST = 5
"""Messages that a dialog gets in a row, a tenth of a second apart at 100 a second: people write in bursts."""
_PATIENCE_S = 30.0
"""For an answer: Bitrix24's own is shorter, and whoever needs so long has failed already."""


@dataclass
class Sent:
    """A message, in the order in which they were sent."""

    id: int
    """Bitrix24's, of the message."""
    dialog: tuple[int, int]
    """The number of its portal, and its author."""
    at: float
    """`perf_counter` when it was due."""
    status: int = 0
    """Of the answer; 0 = there was none."""
    took_s: float = 0.0


@dataclass
class Stream:
    """Sends `rate` messages a second, whether or not earlier ones were answered; every one gets its line."""

    port: int
    rate: float
    first_id: int
    sent: list[Sent] = field(default_factory=list)
    _stopping: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self) -> None:
        """Send until told to stop; returns when everything was answered."""
        shells = [
            {(number, user): shell(self.port, portal, user) for user in _users()}
            for number, portal in enumerate(portals())
        ]
        prepared = {dialog: parts for one in shells for dialog, parts in one.items()}
        begin = perf_counter()
        async with asyncio.TaskGroup() as requests:
            for number, dialog in zip(count(), _turns(list(prepared)), strict=False):
                due = begin + number / self.rate
                await asyncio.sleep(max(0.0, due - perf_counter()))
                if self._stopping.is_set():
                    return
                message = Sent(self.first_id + number, dialog, due)
                self.sent.append(message)
                before, after = prepared[dialog]
                requests.create_task(self._post(message, b"%b%d%b" % (before, message.id, after)))

    def stop(self) -> None:
        """Send nothing more."""
        self._stopping.set()

    async def _post(self, message: Sent, request: bytes) -> None:
        # A connection for each: one that the server closes while it is idle is not taken for an event refused.
        try:
            async with asyncio.timeout(_PATIENCE_S):
                reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
                writer.write(request)
                line = (await reader.readline()).split(b" ")
                writer.close()
                await writer.wait_closed()
        except OSError:
            line = []
        message.status = int(line[1]) if len(line) > 1 else 0
        message.took_s = perf_counter() - message.at


def _users() -> range:
    return range(FIRST_USER, FIRST_USER + DIALOGS_PER_PORTAL)


def _turns(dialogs: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Endless dialogs: some are written to in turns, in a burst, then the next ones."""
    by_portal = sorted(dialogs, key=lambda dialog: (dialog[1], dialog[0]))  # neighbours are of different portals
    groups = [by_portal[start : start + _AT_ONCE] for start in range(0, len(by_portal), _AT_ONCE)]
    for group in cycle(groups):
        for _ in range(_BURST):
            yield from group
