"""Replay: what is in the blackbox through today's code."""

from uuid import UUID

from fastapi import APIRouter, Request

from edge import staff_log
from edge.auth import Operator
from edge.filters import text, word
from edge.rpc import Peers, ask
from edge.schemas.blackbox import (
    Judgement,
    ReplayAsked,
    Replayed,
    ReplayedMany,
    ReplayEffect,
    ReplayManyAsked,
)
from kit.pb import enum_name, moment
from teachbase.messaging.v1 import blackbox_pb2 as pb
from teachbase.messaging.v1 import messaging_pb2

router = APIRouter(prefix="/v1/admin/inbound-events", tags=["admin blackbox"])

_MANY_TIMEOUT_S = 55.0


@router.post("/replay", summary="Replay what a filter finds; first it says how many")
async def replay_many(body: ReplayManyAsked, request: Request, admin: Operator, peers: Peers) -> ReplayedMany:
    """Count (`dry_run`, the default), or replay a bounded number, oldest first; go on from the cursor. Audited."""
    wanted = body.filter
    asked = pb.ReplayInboundEventsRequest(
        portal_id=text(wanted.portal_id),
        domain=wanted.domain.lower(),
        event=wanted.event.upper(),
        outcome=word(messaging_pb2.InboundOutcome, "outcome", wanted.outcome),
        reason=wanted.reason,
        since=moment(wanted.since),
        until=moment(wanted.until),
        dry_run=body.dry_run,
        page_token=body.cursor,
    )
    if not body.dry_run:
        described = wanted.model_dump(mode="json", exclude_defaults=True)
        await staff_log.record(
            peers,
            request,
            admin,
            "blackbox.replay_many",
            after={"filter": described, "cursor": body.cursor},
            portal_id=text(wanted.portal_id),
        )
    done = await ask("messaging", peers.blackbox.ReplayInboundEvents, asked, _MANY_TIMEOUT_S)
    return ReplayedMany(
        dry_run=body.dry_run,
        matched=done.matched,
        replayed=done.replayed,
        outcomes=dict(done.outcomes),
        remaining=done.remaining,
        next_cursor=done.next_page_token or None,
    )


@router.post("/{event_id}/replay", summary="Replay one request; first it says what would come of it")
async def replay(
    event_id: UUID, request: Request, admin: Operator, peers: Peers, body: ReplayAsked | None = None
) -> Replayed:
    """Run it through today's code: with nothing of it kept (`dry_run`, the default), or for good. Audited."""
    asked = pb.ReplayInboundEventRequest(id=str(event_id), dry_run=True)
    done = await ask("messaging", peers.blackbox.ReplayInboundEvent, asked)
    if body and not body.dry_run:
        before, after = _judgement(done.before).model_dump(), _judgement(done.after).model_dump()
        await staff_log.record(
            peers,
            request,
            admin,
            "blackbox.replay",
            before={"id": done.id, **before},
            after={"id": done.id, **after},
            portal_id=done.effect.portal_id,
        )
        asked.dry_run = False
        done = await ask("messaging", peers.blackbox.ReplayInboundEvent, asked)
    return _replayed(done)


def _replayed(done: pb.ReplayInboundEventResponse) -> Replayed:
    return Replayed(
        id=done.id,
        dry_run=done.dry_run,
        old=_judgement(done.before),
        new=_judgement(done.after),
        would=ReplayEffect(
            changes=done.effect.changes,
            answers=done.effect.answers,
            portal_id=done.effect.portal_id or None,
            judged=_judgement(done.effect.judged),
        ),
    )


def _judgement(value: pb.Judgement) -> Judgement:
    return Judgement(outcome=enum_name(messaging_pb2.InboundOutcome, value.outcome), reason=value.reason or None)
