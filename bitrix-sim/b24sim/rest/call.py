"""What a method handler receives, returns and raises."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from b24sim.cloud import Cloud
from b24sim.portal import Portal


@dataclass(frozen=True, slots=True)
class Call:
    """One authorised call; `params` come from JSON typed, or from a form as strings."""

    cloud: Cloud
    portal: Portal
    user_id: int
    params: dict[str, Any]
    fails_inside: bool = False
    """The fault sending_failed: the send breaks after its uuid was inserted (contract 4.6)."""

    @property
    def now(self) -> float:
        """Unix seconds."""
        return self.cloud.clock()

    @property
    def told_at(self) -> float:
        """Unix seconds by the portal's own clock."""
        return self.now + self.portal.clock_skew_s


@dataclass(frozen=True, slots=True)
class Page:
    """A page of a list: `next` is the start of the following one, None on the last (contract 3.2)."""

    result: list[Any]
    total: int | None
    next: int | None


@dataclass(frozen=True, slots=True)
class RestError(Exception):
    """A refusal of the platform: `error`, `error_description` and the HTTP status (contract 3.5)."""

    code: str
    description: str
    status: int = 400


Handler = Callable[[Call], Any]
"""Returns the `result`, or a Page; raises RestError."""
