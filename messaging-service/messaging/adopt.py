"""Events of a known portal with an application token that is not: an install may have brought none (contract 1.4).

Such an event is stored as refused. Whether it is authentic only the OAuth server can say, so portal is asked, off
the path of ingest; when it learns the token, its news has the second look take the event in. Nothing is kept for
it: the portal's next event asks again.
"""

import asyncio
import time
from collections.abc import Iterable

import structlog

from kit import metrics
from kit.errors import PeerError
from messaging.clients.portal import PortalClient
from messaging.repository.inbox import Judged

log = structlog.get_logger("adopt")

_AT_ONCE = 2
_MAX_WAITING = 100
_ASK_AGAIN_S = 60.0
_MAX_ASKED = 10_000


class Adoption:
    """Asks portal about unproven events, each portal and token once a minute."""

    def __init__(self, portal: PortalClient) -> None:
        self._portal = portal
        self._free = asyncio.Semaphore(_AT_ONCE)
        self._asked: dict[tuple[str, bytes], float] = {}
        self._asking: set[asyncio.Task[None]] = set()

    def offer(self, judged: Iterable[Judged]) -> None:
        """Ask about those of a batch that could be authentic; returns at once."""
        for one in judged:
            event = one.parsed.event
            if one.verdict.reason == "wrong_token" and event.access_token and one.parsed.token_hash:
                self._begin(event.member_id, event.access_token, one.parsed.token_hash, one.raw.remote_ip)

    async def close(self) -> None:
        """Give up what is still being asked."""
        for task in self._asking:
            task.cancel()
        await asyncio.gather(*self._asking, return_exceptions=True)

    def _begin(self, member_id: str, access_token: str, token_hash: bytes, remote_ip: str) -> None:
        now = time.monotonic()
        if self._asked.get((member_id, token_hash), 0.0) > now or len(self._asking) >= _MAX_WAITING:
            return
        if len(self._asked) >= _MAX_ASKED:
            self._asked = {key: until for key, until in self._asked.items() if until > now}
        self._asked[member_id, token_hash] = now + _ASK_AGAIN_S
        task = asyncio.create_task(self._ask(member_id, access_token, token_hash, remote_ip))
        self._asking.add(task)
        task.add_done_callback(self._asking.discard)

    async def _ask(self, member_id: str, access_token: str, token_hash: bytes, remote_ip: str) -> None:
        async with self._free:
            try:
                await self._portal.adopt(member_id, access_token, token_hash, remote_ip)
            except PeerError as error:
                metrics.BACKGROUND_FAILURES.labels("adopt").inc()
                log.info("application token not adopted", member_id=member_id, reason=error.reason)
                if error.is_transient:
                    self._asked.pop((member_id, token_hash), None)
