"""Values of this context as protobuf messages, and back."""

from dataclasses import replace
from uuid import UUID

from kit.pb import enum_name, enum_value, moment
from portal.domain import (
    Access,
    Actor,
    Bot,
    Department,
    Employee,
    LifeEntry,
    Marketplace,
    Portal,
    PortalChange,
    PortalSettings,
    StoredToken,
)
from portal.health import Alert
from teachbase.portal.v1 import feed_pb2, settings_pb2, tokens_pb2
from teachbase.portal.v1 import portal_pb2 as pb


def actor(value: pb.Actor) -> Actor:
    """Unpack who does it."""
    return Actor(UUID(value.admin_id), value.remote_ip)


def employee(value: Employee) -> pb.Employee:
    """Pack an employee."""
    return pb.Employee(
        id=value.id,
        name=value.name,
        last_name=value.last_name,
        position=value.position,
        department_ids=value.department_ids,
    )


def department(value: Department) -> settings_pb2.Department:
    """Pack a department."""
    return settings_pb2.Department(id=value.id, name=value.name, parent_id=value.parent_id)


def life_entry(value: LifeEntry) -> pb.LifeEntry:
    """Pack what a portal went through."""
    return pb.LifeEntry(
        id=str(value.id),
        portal_id=str(value.portal_id),
        created_at=moment(value.created_at),
        event=value.event,
        before=value.before,
        after=value.after,
        trace_id=value.trace_id,
    )


def portal(value: Portal) -> pb.Portal:
    """Pack a portal."""
    return pb.Portal(
        id=str(value.id),
        member_id=value.member_id,
        domain=value.domain,
        state=enum_value(pb.PortalState, value.state),
        bot=bot(value.bot),
        access=access(value.access),
        created_at=moment(value.created_at),
        installed_at=moment(value.installed_at),
        last_proven_alive_at=moment(value.last_proven_alive_at),
        suspended_reason=value.suspended_reason,
        settings=settings(value.settings),
        reached_department_ids=value.reached_department_ids,
        health=enum_value(pb.PortalHealth, value.health),
        alerts=map(alert, value.alerts),
    )


def total(value: tuple[str, str, int]) -> pb.PortalTotal:
    """Pack how many portals there are of a state and health."""
    state, health, portals = value
    return pb.PortalTotal(
        state=enum_value(pb.PortalState, state), health=enum_value(pb.PortalHealth, health), portals=portals
    )


def alert(value: Alert) -> pb.Alert:
    """Pack why a portal is not well."""
    return pb.Alert(name=value.name, is_failing=value.is_failing, cause=value.cause, since=moment(value.since))


def settings(value: PortalSettings) -> pb.PortalSettings:
    """Pack settings."""
    return pb.PortalSettings(language=value.language, event_mode=enum_value(pb.EventMode, value.event_mode))


def settings_from(value: pb.PortalSettings) -> PortalSettings:
    """Unpack settings; what is not given is empty."""
    return PortalSettings(value.language, enum_name(pb.EventMode, value.event_mode))


def bot(value: Bot) -> pb.Bot:
    """Pack a bot."""
    return pb.Bot(
        id=value.id,
        state=enum_value(pb.BotState, value.state),
        error_code=value.error_code,
        api=enum_value(pb.BotApi, value.api),
    )


def access(value: Access) -> pb.Access:
    """Pack who may talk to the bot."""
    return pb.Access(
        mode=enum_value(pb.AccessMode, value.mode),
        user_ids=value.user_ids,
        department_ids=value.department_ids,
    )


def access_from(value: pb.Access) -> Access:
    """Unpack who may talk to the bot."""
    mode = enum_name(pb.AccessMode, value.mode) or "list"
    return Access(mode, tuple(value.user_ids), tuple(value.department_ids))


def token(value: StoredToken) -> tokens_pb2.AccessToken:
    """Pack a live credential."""
    return tokens_pb2.AccessToken(
        access_token=value.access_token,
        generation=value.generation,
        client_endpoint=value.client_endpoint,
        bot_id=value.bot_id,
        bot_api=enum_value(pb.BotApi, value.bot_api),
        expires_at=moment(value.expires_at),
        member_id=value.member_id,
    )


def _listened(told: Portal) -> str:
    # Until the bot has heard that its events are pushed again, they are waiting to be fetched.
    return "fetch" if "fetch" in {told.settings.event_mode, told.bot.event_mode} else "webhook"


def marketplace(said: Marketplace) -> feed_pb2.Marketplace | None:
    """Pack what app.info said, None where nobody asked yet."""
    if said.noted_at is None:
        return None
    return feed_pb2.Marketplace(
        status=said.status,
        days=said.days,
        is_payment_expired=said.is_payment_expired,
        noted_at=moment(said.noted_at),
    )


def change(value: PortalChange) -> feed_pb2.PortalChange:
    """Pack a portal as its followers need it."""
    told = value.portal
    reached = Access(told.access.mode, told.access.user_ids, told.reached_department_ids)
    return feed_pb2.PortalChange(
        portal_id=str(told.id),
        member_id=told.member_id,
        domain=told.domain,
        state=enum_value(pb.PortalState, told.state),
        bot_id=told.bot.id,
        application_token_hashes=value.application_token_hashes,
        access=access(reached),
        purge_asked_at=moment(value.purge_asked_at),
        settings=settings(replace(told.settings, event_mode=_listened(told))),
        admin_user_ids=value.admin_user_ids,
        marketplace=marketplace(value.marketplace),
    )
