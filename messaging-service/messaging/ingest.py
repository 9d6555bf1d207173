"""The inbox: a batch of raw events becomes durable in one transaction, and nothing of it is lost.

One bad event never fails its batch: what the database refuses is stored alone, marked as an error.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

import structlog
from prometheus_client import Counter
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bitrix import wire
from kit import db
from kit.ids import NIL
from kit.queue import Bell
from messaging import amend, redact
from messaging.adopt import Adoption
from messaging.blackbox import BlackboxSettings
from messaging.classify import classify
from messaging.domain import KnownPortal, Notice, Outcome, RawEvent, Receipt, Verdict
from messaging.keep import Keeper, kept
from messaging.known import KnownPortals
from messaging.parse import Parsed, parse
from messaging.repository import feedback, notices
from messaging.repository import inbox as statements
from messaging.repository.inbox import Judged, Owners

log = structlog.get_logger("inbox")

REFUSED = Counter("tb_events_refused_total", "Events refused, by why; from where is in the blackbox", ["reason"])

Seal = Callable[[str], bytes]
"""How a secret that has to be kept for a while is encrypted."""

RESPOND = "respond"
"""The job that says: look at the dialogs."""


class Inbox:
    """Takes events in."""

    def __init__(
        self,
        engine: AsyncEngine,
        bell: Bell,
        adoption: Adoption,
        seal: Seal,
        now: Callable[[], datetime],
        keeper: Keeper,
        known: KnownPortals,
    ) -> None:
        self._engine = engine
        self._known = known
        self._at_once = db.at_once(engine)
        self._keeper = keeper
        self._seal = seal
        self._bell = bell
        self._adoption = adoption
        self._now = now

    async def ingest(self, events: Sequence[RawEvent]) -> list[Receipt]:
        """Store a batch; returns a receipt per event, in order. Raises only when nothing can be stored."""
        return await self.take_in(events, [parse_safely(event) for event in events])

    async def take_in(self, events: Sequence[RawEvent], parsed: Sequence[Parsed]) -> list[Receipt]:
        """Store events that are read already, like `ingest`."""
        judged = await self._store_all(events, parsed)
        if any(_is_owed(one) for one in judged):
            self._bell.ring(RESPOND)
        self._adoption.offer(judged)
        self._keeper.note(judged)
        for one in judged:
            if one.verdict.outcome is Outcome.REFUSED:
                REFUSED.labels(one.verdict.reason).inc()
        return [
            Receipt(
                one.raw.id,
                one.verdict.outcome,
                one.verdict.reason,
                one.raw.id if one.verdict.message else None,
            )
            for one in judged
        ]

    async def _store_all(self, events: Sequence[RawEvent], parsed: Sequence[Parsed]) -> list[Judged]:
        """Store a batch; one that the database refuses is halved until the bad event stands alone."""
        try:
            return await self._store(events, parsed)
        except Exception as error:
            if not db.is_bad_data(error):
                raise
            if len(events) == 1:
                log.error("event not storable", event_id=str(events[0].id), error=type(error).__name__)
                return [await self._store_bare(events[0], parsed[0].token_hash)]
        half = len(events) // 2
        return [
            *await self._store_all(events[:half], parsed[:half]),
            *await self._store_all(events[half:], parsed[half:]),
        ]

    async def _store_bare(self, event: RawEvent, proof: bytes) -> Judged:
        bare = replace(event, method="", path="", content_type="", headers={}, remote_ip="")
        judged = _judged(bare, Parsed(wire.read({}), "", proof), Verdict(Outcome.ERROR, "not_storable", NIL))
        async with self._at_once.connect() as conn:
            await statements.store(conn, [judged], self._now())
        return judged

    async def _store(self, events: Sequence[RawEvent], parsed: Sequence[Parsed]) -> list[Judged]:
        async with self._at_once.connect() as conn:
            judged = judge(events, parsed, await self._known.of(conn, parsed), self._keeper.settings)
            if all(one.is_plain for one in judged):
                return await _store_plain(conn, judged, self._now())
        async with self._engine.begin() as conn:
            return await _store(conn, judged, self._seal, self._now())


async def store(
    conn: AsyncConnection,
    events: Sequence[RawEvent],
    parsed: Sequence[Parsed],
    seal: Seal,
    now: datetime,
    settings: BlackboxSettings,
) -> list[Judged]:
    """Judge and store a batch in a transaction of the caller, with a fixed number of statements."""
    members = {one.event.member_id for one in parsed if one.event.member_id}
    portals = await statements.portals_by_member(conn, sorted(members)) if members else {}
    return await _store(conn, judge(events, parsed, portals, settings), seal, now)


def judge(
    events: Sequence[RawEvent],
    parsed: Sequence[Parsed],
    portals: Mapping[str, KnownPortal],
    settings: BlackboxSettings,
) -> list[Judged]:
    """Return what each event is, and what of it is stored."""
    return kept(
        [
            _judged(event, one, _classify_safely(event, one, portals.get(one.event.member_id)))
            for event, one in zip(events, parsed, strict=True)
        ],
        settings,
    )


async def _store(conn: AsyncConnection, judged: Sequence[Judged], seal: Seal, now: datetime) -> list[Judged]:
    """Store events of every kind: what amends a message comes after the messages of its batch."""
    plain, amending = ([one for one in judged if bool(one.verdict.amends) is amends] for amends in (False, True))
    # All keys at once and in order: a batch that took them bit by bit could wait for one that waits for it.
    owners = await _take_keys(conn, [*judged, *amend.originals(amending)]) if amending else {}
    stored = await _store_plain(conn, plain, now)
    first, again = ([one for one in amending if _is_own(one, owners) is own] for own in (True, False))
    amended = await amend.apply(conn, first, owners) if first else []
    stored += await _store_plain(conn, [*amended, *again], now)
    if noticed := [_notice(one, seal) for one in stored if one.verdict.is_notice]:
        await notices.insert(conn, noticed, now)
    reactions = [(one.verdict.portal_id, one.verdict.reaction) for one in stored if one.verdict.reaction]
    if reactions:
        await feedback.note(conn, reactions, now)
    of_id = {one.raw.id: one for one in stored}
    return [of_id[one.raw.id] for one in judged]


async def _store_plain(conn: AsyncConnection, judged: Sequence[Judged], now: datetime) -> list[Judged]:
    if not judged:
        return []
    owners = await statements.store(conn, judged, now)
    return [_as_duplicate(one, owners[one.raw.id]) if one.raw.id in owners else one for one in judged]


async def _take_keys(conn: AsyncConnection, judged: Sequence[Judged]) -> Owners:
    first = {(one.verdict.portal_id, one.verdict.key): one for one in reversed(judged) if one.verdict.key}
    return await statements.take_keys(conn, list(first.values()))


def _is_own(one: Judged, owners: Owners) -> bool:
    return owners[one.verdict.portal_id, one.verdict.key] == one.raw.id


def _classify_safely(event: RawEvent, parsed: Parsed, portal: KnownPortal | None) -> Verdict:
    """Say what an event is; a fault of ours is that event's error, and its neighbours are stored."""
    try:
        return classify(parsed, portal)
    except Exception as error:
        log.error("event not classified", event_id=str(event.id), exc_info=error)
        return Verdict(Outcome.ERROR, "handler_failed", NIL)


def parse_safely(event: RawEvent) -> Parsed:
    """Read an event's body; a fault of the reader is that event's error and nobody else's."""
    try:
        return parse(event)
    except Exception as error:
        log.error("event not parsed", event_id=str(event.id), exc_info=error)
        return Parsed(wire.read({}), "parser_failed")


def _judged(raw: RawEvent, parsed: Parsed, verdict: Verdict) -> Judged:
    return Judged(
        raw=raw,
        parsed=parsed,
        verdict=verdict,
        body=redact.body(raw.body),
        body_sha256=hashlib.sha256(raw.body).digest(),
        headers=redact.headers(raw.headers),
    )


def _as_duplicate(one: Judged, owner: UUID) -> Judged:
    verdict = replace(
        one.verdict,
        outcome=Outcome.DUPLICATE,
        reason=f"same as {owner}",
        message=None,
        is_notice=False,
        amends=None,
        reaction=None,
    )
    return replace(one, verdict=verdict)


def _notice(one: Judged, seal: Seal) -> Notice:
    event = one.parsed.event
    return Notice(
        portal_id=one.verdict.portal_id,
        id=one.raw.id,
        member_id=event.member_id,
        event=event.name,
        is_proven=one.verdict.portal_id != NIL,
        clean=event.application.clean,
        token_hash=one.parsed.token_hash,
        access_token=seal(event.access_token),
        refresh_token=seal(event.application.refresh_token),
        expires_in=event.application.expires_in,
        server_endpoint=event.application.server_endpoint,
        remote_ip=one.raw.remote_ip,
        probe=event.application.probe,
    )


def _is_owed(one: Judged) -> bool:
    return one.verdict.message is not None and one.verdict.message_state == "pending"
