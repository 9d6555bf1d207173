"""What of a batch the blackbox keeps, by settings that a batch need not ask for."""

import time
from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy.ext.asyncio import AsyncEngine

from kit.queue import Bell
from messaging.blackbox import BlackboxSettings
from messaging.domain import Outcome
from messaging.repository import blackbox as statements
from messaging.repository.inbox import Judged

PRUNE = "prune_blackbox"
"""The job that says: look at the blackbox's bounds."""
REFRESH_S = 2.0
"""How often a process reads the settings."""
RING_AFTER = 0.1
"""Of a bound, what one process writes before it rings for the pruner."""
_RING_EVERY_S = 5.0


class Keeper:
    """Holds the settings as they were read last, and rings for the pruner after much was written."""

    def __init__(self, engine: AsyncEngine, bell: Bell) -> None:
        self.settings = BlackboxSettings()
        self._engine = engine
        self._bell = bell
        self._rows = self._size = 0
        self._rung_at = -_RING_EVERY_S

    async def refresh(self) -> None:
        """Read the settings."""
        async with self._engine.connect() as conn:
            self.settings = await statements.settings(conn)

    def note(self, judged: Sequence[Judged]) -> None:
        """Count what was written; no work but a ring comes of it."""
        if not self.settings.auto_prune_on_write:
            return
        self._rows += len(judged)
        self._size += sum(len(one.body) for one in judged)
        enough = (
            self._rows >= self.settings.max_rows * RING_AFTER or self._size >= self.settings.budget * RING_AFTER
        )
        if enough and time.monotonic() - self._rung_at >= _RING_EVERY_S:
            self._rows = self._size = 0
            self._rung_at = time.monotonic()
            self._bell.ring(PRUNE)


def kept(judged: Sequence[Judged], settings: BlackboxSettings) -> list[Judged]:
    """Return a batch with what the blackbox keeps of each event.

    A refused event may prove true (ADR 10): it is stored although the blackbox is off, and whole where it has a
    proof, because it is read again from there.
    """
    return [_kept(one, settings) for one in judged]


def _kept(one: Judged, settings: BlackboxSettings) -> Judged:
    if not settings.enabled and one.verdict.outcome is not Outcome.REFUSED:
        return replace(one, in_blackbox=False)
    return one if _is_stored_whole(one, settings.max_body) else _cut(one, settings.max_body)


def _is_stored_whole(one: Judged, max_body: int) -> bool:
    if len(one.body) <= max_body:
        return True
    return one.verdict.outcome is Outcome.REFUSED and bool(one.parsed.token_hash)


def _cut(one: Judged, max_body: int) -> Judged:
    return replace(one, body=one.body[:max_body], raw=replace(one.raw, body_truncated=True))
