"""Who holds a session of the vendor's staff and what they may do now: asked of portal, believed for a moment."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from edge.rpc import Contexts, ask
from kit.errors import PeerError
from teachbase.portal.v1 import admin_pb2 as pb

FRESH_S = 2.0
"""How long an ended session, or a role that was taken away, may go on being good at this gateway."""
_TIMEOUT_S = 2.0
_MAX_KEPT = 1000


@dataclass
class _Known:
    found: pb.Admin | PeerError | None = None
    asked_at: float = -FRESH_S
    asking: asyncio.Lock = field(default_factory=asyncio.Lock)


class Staff:
    """Answers from memory for FRESH_S; of those who ask about one session at once one asks portal for all."""

    def __init__(self, contexts: Contexts, now: Callable[[], float] = time.monotonic) -> None:
        self._contexts = contexts
        self._now = now
        self._known: dict[str, _Known] = {}

    async def holder(self, session_id: str) -> pb.Admin:
        """Return who holds a session. Raises PeerError: SESSION_EXPIRED, or portal is away.

        While portal is away its last answer holds: nobody can be shut out then, and the access token ends anyway.
        """
        if session_id not in self._known and len(self._known) >= _MAX_KEPT:
            self._known.clear()
        known = self._known.setdefault(session_id, _Known())
        async with known.asking:
            if known.found is None or self._now() - known.asked_at >= FRESH_S:
                await self._ask(session_id, known)
        if not isinstance(known.found, pb.Admin):
            raise known.found.with_traceback(None) if known.found else RuntimeError("nothing was asked")
        return known.found

    def forget(self, admin_id: str) -> None:
        """Ask anew about an admin whose rights or sessions were changed through this gateway."""
        for session_id, known in list(self._known.items()):
            if isinstance(known.found, pb.Admin) and known.found.id == admin_id:
                del self._known[session_id]

    async def _ask(self, session_id: str, known: _Known) -> None:
        known.asked_at = self._now()
        request = pb.GetSessionRequest(session_id=session_id)
        try:
            known.found = (await ask("portal", self._contexts.admin.GetSession, request, _TIMEOUT_S)).admin
        except PeerError as error:
            if not (error.is_transient and isinstance(known.found, pb.Admin)):
                known.found = error
