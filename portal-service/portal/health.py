"""Whether a portal is known to work, from what is stored of it. Pure; `repository.health` filters by the same."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Health(StrEnum):
    """The worst of a portal's alerts."""

    OK = "ok"
    WARNING = "warning"
    FAILING = "failing"


@dataclass(frozen=True)
class Alert:
    """Something that is wrong with a portal; `since` None where only the present is known."""

    name: str
    is_failing: bool
    cause: str
    since: datetime | None


PROBE = "probe"
"""An event of our own asking did not come back."""
SILENCE = "silence"
"""Nobody writes, at hours when people of this portal do."""

_STATES = {
    "payment_required": Alert("payment", True, "The portal's Bitrix24 subscription has ended.", None),
    "unreachable": Alert("unreachable", True, "The portal does not answer.", None),
}
_NO_TOKEN = Alert("token", True, "There is no live token: an administrator of the portal must open the app.", None)


def alerts_of(
    state: str, bot_state: str, bot_error: str, *, has_token: bool, stored: tuple[Alert, ...]
) -> tuple[Alert, ...]:
    """Return what is wrong with a portal, the worst first. One that is not in service has none of its own."""
    if state != "active":
        return (_STATES[state],) if state in _STATES else ()
    found = list(stored)
    if bot_state != "registered":
        found.append(Alert("bot", True, f"The portal has no working bot ({bot_error or bot_state}).", None))
    if not has_token:
        found.append(_NO_TOKEN)
    return tuple(sorted(found, key=lambda one: (not one.is_failing, one.name)))


def health_of(alerts: tuple[Alert, ...]) -> Health:
    """Return the worst of alerts."""
    if not alerts:
        return Health.OK
    return Health.FAILING if any(one.is_failing for one in alerts) else Health.WARNING
