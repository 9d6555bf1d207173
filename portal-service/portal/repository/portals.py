"""Statements on portals, their access and their application tokens."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Row,
    Select,
    delete,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import aggregate_order_by, insert
from sqlalchemy.ext.asyncio import AsyncConnection

from portal import life
from portal.domain import Access, Bot, Marketplace, Portal, PortalChange, PortalSettings, VerifiedInstall
from portal.errors import PortalNotFound
from portal.health import alerts_of
from portal.life import Move, State
from portal.repository import health as healths
from portal.repository import life_log
from portal.tables import (
    portal_application_tokens,
    portal_changes,
    portal_tokens,
    portal_users_access,
    portals,
)


async def lock_state(conn: AsyncConnection, portal_id: UUID) -> State | None:
    """Lock a portal and return where it stands; None when there is none."""
    found = await conn.scalar(select(portals.c.state).where(portals.c.id == portal_id).with_for_update())
    return State(found) if found else None


async def move(conn: AsyncConnection, portal_id: UUID, by: Move, now: datetime) -> State | None:
    """Move a portal; returns where it stands now, None when there is none."""
    state = await lock_state(conn, portal_id)
    if state is None:
        return None
    moved = life.after(by, state)
    if moved is not state:
        await conn.execute(
            update(portals).where(portals.c.id == portal_id).values(state=moved.value, updated_at=now)
        )
        await life_log.write(
            conn, portal_id, by.value, now, before={"status": state.value}, after={"status": moved.value}
        )
    return moved


async def note_marketplace(conn: AsyncConnection, portal_id: UUID, said: Marketplace) -> None:
    """Keep what app.info said of a portal's subscription."""
    values = {
        "marketplace_status": said.status,
        "marketplace_days": said.days,
        "marketplace_expired": said.is_payment_expired,
        "marketplace_noted_at": said.noted_at,
    }
    await conn.execute(update(portals).where(portals.c.id == portal_id).values(**values))


async def note_suspension(conn: AsyncConnection, portal_id: UUID, reason: str, came_from: State | None) -> None:
    """Keep why a portal is suspended, and where it stood before (None = it was suspended already)."""
    values: dict[str, object] = {"suspended_reason": reason}
    if came_from:
        values["suspended_from"] = came_from.value
    await conn.execute(update(portals).where(portals.c.id == portal_id).values(**values))


async def resume(conn: AsyncConnection, portal_id: UUID, now: datetime) -> str | None:
    """Put a suspended portal back to where it stood; returns that, None when it is not suspended."""
    resumed: str | None = await conn.scalar(
        update(portals)
        .where(portals.c.id == portal_id, portals.c.state == State.SUSPENDED.value)
        .values(state=portals.c.suspended_from, suspended_reason="", suspended_from="", updated_at=now)
        .returning(portals.c.state)
    )
    if resumed:
        before, after = {"status": State.SUSPENDED.value}, {"status": resumed}
        await life_log.write(conn, portal_id, "resumed", now, before=before, after=after)
    return resumed


async def upsert(conn: AsyncConnection, install: VerifiedInstall, now: datetime) -> None:
    """Store a verified install. After a removal the bot is gone, and a reinstall gets a new one (contract 1.4)."""
    known = select(portals.c.state, portals.c.domain).where(portals.c.id == install.portal_id).with_for_update()
    before = (await conn.execute(known)).first()
    state = State(before.state) if before else None
    move = Move.INSTALLED if install.is_finished else Move.BEGUN
    moved = life.after(move, state)
    values: dict[str, object] = {
        "domain": install.domain,
        "client_endpoint": install.client_endpoint,
        "state": moved.value,
        "updated_at": now,
        "installed_at": now,
        "last_proven_alive_at": now,
        "purge_asked_at": None,
    }
    if state in life.GONE:
        values |= {"bot_id": 0, "bot_state": "missing", "bot_api": "v2"}
    statement = insert(portals).values(id=install.portal_id, member_id=install.member_id, created_at=now, **values)
    await conn.execute(statement.on_conflict_do_update(index_elements=[portals.c.id], set_=values))
    await life_log.write(
        conn,
        install.portal_id,
        move.value,
        now,
        before={"status": before.state, "domain": before.domain} if before else None,
        after={"status": moved.value, "domain": install.domain},
    )


async def create(conn: AsyncConnection, portal_id: UUID, member_id: str, domain: str, now: datetime) -> bool:
    """Store a portal that nobody has installed yet. Returns whether there was none."""
    values = {
        "id": portal_id,
        "member_id": member_id,
        "domain": domain,
        "client_endpoint": "",
        "state": State.INSTALLING.value,
        "created_at": now,
        "updated_at": now,
    }
    is_new = (await conn.execute(insert(portals).values(values).on_conflict_do_nothing())).rowcount == 1
    if is_new:
        after = {"status": State.INSTALLING.value, "domain": domain}
        await life_log.write(conn, portal_id, "created", now, after=after)
    return is_new


async def forget_bot(conn: AsyncConnection, portal_id: UUID) -> None:
    """The platform took the bot away with the application."""
    await conn.execute(
        update(portals).where(portals.c.id == portal_id).values(bot_id=0, bot_state="missing", bot_error_code="")
    )


async def note_deleted_bot(conn: AsyncConnection, portal_id: UUID, code: str) -> None:
    """The portal's bot is gone, and why."""
    gone = {"bot_id": 0, "bot_state": "failed", "bot_error_code": code}
    await conn.execute(update(portals).where(portals.c.id == portal_id).values(**gone))


async def ask_to_purge(conn: AsyncConnection, portal_id: UUID, now: datetime) -> bool:
    """Have everybody delete what they know of a portal's people. Returns whether nobody had asked yet."""
    unasked = update(portals).where(portals.c.id == portal_id, portals.c.purge_asked_at.is_(None))
    is_first = (await conn.execute(unasked.values(purge_asked_at=now))).rowcount == 1
    if is_first:
        await life_log.write(conn, portal_id, "purge_asked", now)
    return is_first


async def set_endpoint(
    conn: AsyncConnection, portal_id: UUID, client_endpoint: str, domain: str, now: datetime
) -> bool:
    """Store where a portal answers. Returns whether that is news."""
    known = select(portals.c.id, portals.c.domain).where(portals.c.id == portal_id).with_for_update().cte("known")
    before = await conn.scalar(
        update(portals)
        .where(
            portals.c.id == known.c.id,
            or_(portals.c.client_endpoint != client_endpoint, portals.c.domain != domain),
        )
        .values(client_endpoint=client_endpoint, domain=domain, updated_at=now)
        .returning(known.c.domain)
    )
    if before not in {None, domain}:
        await life_log.write(conn, portal_id, "renamed", now, before={"domain": before}, after={"domain": domain})
    return before is not None


async def set_bot(conn: AsyncConnection, portal_id: UUID, bot: Bot, now: datetime) -> None:
    """Store how the bot of a portal stands. A failure tells nothing of the bot that is there: its id stays."""
    await conn.execute(
        update(portals)
        .where(portals.c.id == portal_id)
        .values(
            bot_id=bot.id or portals.c.bot_id,
            bot_api=bot.api if bot.id else portals.c.bot_api,
            bot_event_mode=bot.event_mode if bot.id else portals.c.bot_event_mode,
            bot_state=bot.state,
            bot_error_code=bot.error_code,
            updated_at=now,
        )
    )


async def push_events(conn: AsyncConnection, portal_id: UUID) -> None:
    """Have a portal's events pushed, whatever was chosen."""
    await conn.execute(update(portals).where(portals.c.id == portal_id).values(event_mode="webhook"))


async def set_access_mode(conn: AsyncConnection, portal_id: UUID, access: Access, now: datetime) -> bool:
    """Store how access is decided. Returns whether the portal exists."""
    result = await conn.execute(
        update(portals)
        .where(portals.c.id == portal_id)
        .values(
            access_mode=access.mode,
            department_ids=list(access.department_ids),
            reached_department_ids=list(access.department_ids),
            departments_read_at=None,
            updated_at=now,
        )
    )
    return result.rowcount == 1


async def drop_users_except(conn: AsyncConnection, portal_id: UUID, user_ids: Sequence[int]) -> int:
    """Take access from everybody who is not named. Returns how many lost it."""
    result = await conn.execute(
        delete(portal_users_access).where(
            portal_users_access.c.portal_id == portal_id,
            portal_users_access.c.user_id.not_in(list(user_ids)),
        )
    )
    return result.rowcount


async def add_users(conn: AsyncConnection, portal_id: UUID, user_ids: Sequence[int], now: datetime) -> list[int]:
    """Give access to the users named. Returns those who are new."""
    if not user_ids:
        return []
    statement = insert(portal_users_access).values(
        [{"portal_id": portal_id, "user_id": user_id, "created_at": now} for user_id in user_ids]
    )
    added = await conn.scalars(statement.on_conflict_do_nothing().returning(portal_users_access.c.user_id))
    return sorted(added)


async def find(conn: AsyncConnection, portal_id: UUID) -> Portal | None:
    """Return a portal."""
    row = (await conn.execute(selection().add_columns(*healths.COLUMNS).where(portals.c.id == portal_id))).first()
    return with_alerts(row) if row else None


async def without_bot(conn: AsyncConnection, before: datetime, unless: str, limit: int) -> list[UUID]:
    """Return portals in use whose bot is not as it should be, not tried since `before`, and not `unless` why."""
    statement = (
        select(portals.c.id)
        .where(
            portals.c.state.in_(["installing", "active"]),
            or_(portals.c.bot_state != "registered", portals.c.bot_event_mode != portals.c.event_mode),
            portals.c.bot_error_code != unless,
            portals.c.updated_at < before,
        )
        .order_by(portals.c.updated_at)
        .limit(limit)
    )
    return list((await conn.scalars(statement)).all())


async def changes(conn: AsyncConnection, cursor: int, limit: int) -> list[PortalChange]:
    """Return the next page of the feed: each portal once, as it is now, in the order of its last change."""
    page_of_feed = (
        select(portal_changes.c.id, portal_changes.c.portal_id)
        .where(portal_changes.c.id > cursor)
        .order_by(portal_changes.c.id)
        .limit(limit)
        .subquery()
    )
    last = (
        select(page_of_feed.c.portal_id, func.max(page_of_feed.c.id).label("cursor"))
        .group_by(page_of_feed.c.portal_id)
        .subquery()
    )
    hashes = (
        select(
            func.array_agg(
                aggregate_order_by(
                    portal_application_tokens.c.token_hash, portal_application_tokens.c.created_at.desc()
                )
            )
        )
        .where(portal_application_tokens.c.portal_id == portals.c.id)
        .scalar_subquery()
    )
    admins = (
        select(func.array_agg(aggregate_order_by(portal_tokens.c.user_id, portal_tokens.c.updated_at.desc())))
        .where(portal_tokens.c.portal_id == portals.c.id, portal_tokens.c.state == "live")
        .scalar_subquery()
    )
    statement = (
        selection()
        .add_columns(last.c.cursor, hashes.label("token_hashes"), admins.label("admin_user_ids"))
        .join(last, last.c.portal_id == portals.c.id)
        .order_by(last.c.cursor)
    )
    return [
        PortalChange(
            cursor=row.cursor,
            portal=_portal(row),
            purge_asked_at=row.purge_asked_at,
            application_token_hashes=tuple(row.token_hashes or ()),
            marketplace=Marketplace(
                row.marketplace_status, row.marketplace_days, row.marketplace_expired, row.marketplace_noted_at
            ),
            admin_user_ids=tuple(row.admin_user_ids or ()),
        )
        for row in await conn.execute(statement)
    ]


async def get(conn: AsyncConnection, portal_id: UUID) -> Portal:
    """Return a portal. Raises PortalNotFound."""
    portal = await find(conn, portal_id)
    if portal is None:
        raise PortalNotFound(portal_id=portal_id)
    return portal


def selection() -> Select[Any]:
    """Return the columns of a portal with who is allowed by name."""
    user_ids = (
        select(func.array_agg(aggregate_order_by(portal_users_access.c.user_id, portal_users_access.c.user_id)))
        .where(portal_users_access.c.portal_id == portals.c.id)
        .scalar_subquery()
    )
    return select(portals, user_ids.label("user_ids"))


def with_alerts(row: Row[Any]) -> Portal:
    """Return a portal of a row with the columns of `repository.health` too."""
    stored = healths.stored(row.alerts)
    alerts = alerts_of(row.state, row.bot_state, row.bot_error_code, has_token=row.has_token, stored=stored)
    return replace(_portal(row), alerts=alerts)


def _portal(row: Row[Any]) -> Portal:
    return Portal(
        id=row.id,
        member_id=row.member_id,
        domain=row.domain,
        client_endpoint=row.client_endpoint,
        state=row.state,
        bot=Bot(row.bot_id, row.bot_state, row.bot_error_code, row.bot_api, row.bot_event_mode),
        access=Access(row.access_mode, tuple(row.user_ids or ()), tuple(row.department_ids)),
        created_at=row.created_at,
        installed_at=row.installed_at,
        last_proven_alive_at=row.last_proven_alive_at,
        suspended_reason=row.suspended_reason,
        settings=PortalSettings(row.language, row.event_mode),
        reached_department_ids=tuple(row.reached_department_ids),
    )
