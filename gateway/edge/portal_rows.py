"""From the contexts' messages to the shapes of the portal app."""

from edge.auth import PortalSession
from edge.rows import at, maybe_at
from edge.schemas import portal as shapes
from kit.pb import enum_name
from teachbase.billing.v1 import billing_pb2 as billing
from teachbase.portal.v1 import install_pb2, settings_pb2
from teachbase.portal.v1 import portal_pb2 as pb

_NEXT_STEP = {
    pb.PORTAL_STATE_INSTALLING: "finish_install",
    pb.PORTAL_STATE_SUSPENDED: "contact_support",
    pb.PORTAL_STATE_PAYMENT_REQUIRED: "renew_subscription",
    pb.PORTAL_STATE_UNREACHABLE: "set_up_again",
    pb.PORTAL_STATE_UNINSTALLED: "install",
    pb.PORTAL_STATE_DEAD: "install",
}
REPLIES = "replies_per_month"


def session(value: install_pb2.OpenSessionResponse) -> shapes.SessionOpened:
    """Return a session."""
    return shapes.SessionOpened(
        portal_id=value.portal.id,
        portal_token=value.portal_token,
        expires_in=value.expires_in,
        user=shapes.SessionUser(id=value.user.id, name=value.user.name, is_admin=value.user.is_admin),
        portal=shapes.SessionPortal(
            status=enum_name(pb.PortalState, value.portal.state), domain=value.portal.domain
        ),
    )


def status(value: pb.Portal, who: PortalSession, allowed: bool) -> shapes.Status:
    """Return how a portal stands for who asks."""
    next_step = _NEXT_STEP.get(value.state)
    if next_step is None and value.bot.state != pb.BOT_STATE_REGISTERED:
        next_step = "set_up_again"
    return shapes.Status(
        portal_id=value.id,
        status=enum_name(pb.PortalState, value.state),
        suspended_reason=(value.suspended_reason or None) if who.is_admin else None,
        domain=value.domain,
        bot=shapes.StatusBot(
            id=value.bot.id or None,
            status=enum_name(pb.BotState, value.bot.state),
            error_code=(value.bot.error_code or None) if who.is_admin else None,
            api="v1" if value.bot.api == pb.BOT_API_V1 else "v2",
        ),
        access=shapes.StatusAccess(
            mode=enum_name(pb.AccessMode, value.access.mode),
            users=len(value.access.user_ids),
            departments=len(value.access.department_ids),
        ),
        user=shapes.StatusUser(id=who.user_id, is_admin=who.is_admin, allowed=allowed),
        next_step=next_step,
    )


def allowed_users(value: pb.Access) -> shapes.AllowedUsers:
    """Return who may talk to the bot."""
    return shapes.AllowedUsers(
        mode=enum_name(pb.AccessMode, value.mode),
        user_ids=list(value.user_ids),
        department_ids=list(value.department_ids),
    )


def is_allowed(value: pb.Employee, portal: pb.Portal) -> bool:
    """Return whether the bot is open to an employee (contract 7)."""
    if portal.access.mode == pb.ACCESS_MODE_ALL:
        return True
    if portal.access.mode == pb.ACCESS_MODE_DEPARTMENTS:
        return not set(value.department_ids).isdisjoint(portal.reached_department_ids)
    return value.id in portal.access.user_ids


def employee(value: pb.Employee, portal: pb.Portal) -> shapes.PortalEmployee:
    """Return an employee's row."""
    return shapes.PortalEmployee(
        id=value.id,
        name=value.name,
        last_name=value.last_name,
        position=value.position,
        departments=list(value.department_ids),
        allowed=is_allowed(value, portal),
    )


def departments(value: settings_pb2.ListDepartmentsResponse) -> shapes.Departments:
    """Return the departments of a portal."""
    items = [
        shapes.Department(id=one.id, name=one.name, parent_id=one.parent_id or None) for one in value.departments
    ]
    return shapes.Departments(items=items)


def usage(value: billing.GetUsageResponse) -> shapes.Usage:
    """Return what a portal used of its plan."""
    limits = [
        shapes.UsageLimit(
            name=line.name,
            used=line.used,
            limit=line.limit if line.HasField("limit") else None,
            resets_at=at(line, "resets_at"),
        )
        for line in value.lines
    ]
    plan = shapes.UsagePlan(
        code=value.plan_code,
        name_ru=value.plan_name_ru,
        name_en=value.plan_name_en,
        status=enum_name(billing.SubscriptionStatus, value.status),
        ends_at=maybe_at(value, "ends_at"),
    )
    has_days = "analytics" in value.features
    days = [
        shapes.UsedOnDay(day=one.day, replies=one.units) for one in value.days if has_days and one.name == REPLIES
    ]
    return shapes.Usage(period=_period(value), limits=limits, plan=plan, days=days)


def own_usage(value: billing.GetUsageResponse, answered: int) -> shapes.Usage:
    """Return what one employee used."""
    mine = shapes.UsageLimit(name=REPLIES, used=answered, limit=None, resets_at=at(value, "period_to"))
    return shapes.Usage(period=_period(value), limits=[mine])


def _period(value: billing.GetUsageResponse) -> shapes.UsagePeriod:
    return shapes.UsagePeriod(from_=at(value, "period_from"), to=at(value, "period_to"))
