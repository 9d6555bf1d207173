"""How long to wait before a call is repeated, and how many repeats a portal may have at all."""

import time
from collections import defaultdict
from dataclasses import dataclass

SHARE = 0.2
"""Of first attempts, so that a portal that fails everything gets no storm on top."""
FLOOR = 3
"""Repeats that a quiet portal may have in the window all the same."""
WINDOW_S = 300.0
_SLOTS = 10
_FIRST_S = 1.0
_GROWTH = 1.5
_MAX_S = 30.0
_JITTER = 0.5


def backoff_s(repeats: int, chance: float) -> float:
    """Return the seconds before the next repeat after `repeats` of them (contract 3.4); `chance` is 0..1."""
    return float(min(_FIRST_S * _GROWTH**repeats, _MAX_S) * (1 + _JITTER * chance))


@dataclass(slots=True)
class _Slot:
    number: int
    firsts: int = 0
    repeats: int = 0


class RetryBudget:
    """Counts attempts of this process; each process keeps its share, so all together do."""

    def __init__(self) -> None:
        self._slots: dict[str, list[_Slot]] = defaultdict(list)

    def first(self, member_id: str) -> None:
        """Count a first attempt."""
        self._now(member_id).firsts += 1

    def spend(self, member_id: str) -> bool:
        """Take one repeat; False when the portal has had its share."""
        slot = self._now(member_id)
        slots = self._slots[member_id]
        allowed = max(FLOOR, SHARE * sum(one.firsts for one in slots))
        if sum(one.repeats for one in slots) + 1 > allowed:
            return False
        slot.repeats += 1
        return True

    def _now(self, member_id: str) -> _Slot:
        number = int(time.monotonic() // (WINDOW_S / _SLOTS))
        slots = self._slots[member_id]
        if not slots or slots[-1].number != number:
            slots[:] = [slot for slot in slots if slot.number > number - _SLOTS]
            slots.append(_Slot(number))
        return slots[-1]
