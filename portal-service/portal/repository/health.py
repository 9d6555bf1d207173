"""What `portal.health` says, in SQL: columns of a portal's row, and the filter by health."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, case, exists, func, not_, or_, select

from portal.health import Alert, Health
from portal.tables import portal_alerts, portal_tokens, portals

_has_token = exists().where(portal_tokens.c.portal_id == portals.c.id, portal_tokens.c.state == "live")
_is_active = portals.c.state == "active"
_of_portal = portal_alerts.c.portal_id == portals.c.id
_failing = or_(
    portals.c.state.in_(["payment_required", "unreachable"]),
    and_(
        _is_active,
        or_(
            portals.c.bot_state != "registered",
            not_(_has_token),
            exists().where(_of_portal, portal_alerts.c.is_failing),
        ),
    ),
)
_troubled = or_(_failing, and_(_is_active, exists().where(_of_portal)))
_alert = func.jsonb_build_object(
    "name",
    portal_alerts.c.name,
    "is_failing",
    portal_alerts.c.is_failing,
    "cause",
    portal_alerts.c.cause,
    "since",
    portal_alerts.c.since,
)
COLUMNS = (
    _has_token.label("has_token"),
    select(func.jsonb_agg(_alert)).where(_of_portal).scalar_subquery().label("alerts"),
)
_WHERE: Mapping[str, ColumnElement[bool]] = {
    Health.FAILING: _failing,
    Health.WARNING: and_(_troubled, not_(_failing)),
    Health.OK: not_(_troubled),
}


HEALTH = case((_failing, Health.FAILING.value), (_troubled, Health.WARNING.value), else_=Health.OK.value)


def where(health: str) -> ColumnElement[bool]:
    """Return the condition of portals of a health."""
    return _WHERE[health]


def stored(alerts: list[dict[str, Any]] | None) -> tuple[Alert, ...]:
    """Return alerts as `COLUMNS` bring them."""
    return tuple(
        Alert(one["name"], one["is_failing"], one["cause"], datetime.fromisoformat(one["since"]))
        for one in alerts or []
    )
