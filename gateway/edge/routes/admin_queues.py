"""Queues of which a portal's part rests, and having it rest or go on."""

import asyncio
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Depends, Request

from edge import staff_log
from edge.auth import AdminSession, Operator, admin_session
from edge.filters import Id, text
from edge.rows import at
from edge.rpc import Contexts, Peers, ask
from edge.schemas.system import PausableQueue, PauseOfQueue, QueuePause, QueuePauses
from teachbase.delivery.v1 import operations_pb2 as delivery
from teachbase.messaging.v1 import operations_pb2 as messaging
from teachbase.portal.v1 import admin_pb2, portal_pb2
from teachbase.portal.v1 import operations_pb2 as pb

router = APIRouter(prefix="/v1/admin", tags=["admin queues"], dependencies=[Depends(admin_session)])


@router.get("/system/pauses", summary="Queues of which a portal's part rests")
async def pauses(peers: Peers, portal_id: Id = None) -> QueuePauses:
    """Return what rests, of a portal or of all, the newest first; at most 500 of a context."""
    asked = text(portal_id)
    of_delivery = delivery.ListQueuePausesRequest(portal_id=asked)
    of_messaging = messaging.ListQueuePausesRequest(portal_id=asked)
    sent, answered = await asyncio.gather(
        ask("delivery", peers.delivery_operations.ListQueuePauses, of_delivery),
        ask("messaging", peers.messaging_operations.ListQueuePauses, of_messaging),
    )
    items = [_row(one) for one in (*sent.pauses, *answered.pauses)]
    return QueuePauses(items=sorted(items, key=lambda one: one.paused_at, reverse=True), next_cursor=None)


@router.post("/portals/{portal_id}/queues/{queue}/pause", summary="Let a portal's part of a queue rest")
async def pause(
    portal_id: UUID, queue: PausableQueue, body: PauseOfQueue, request: Request, admin: Operator, peers: Peers
) -> QueuePauses:
    """Do nothing more of it until it is resumed; what comes is kept, what is under way is finished. Audited."""
    await _record(peers, request, admin, "queue.pause", portal_id, {"queue": queue, "reason": body.reason})
    who = await ask("portal", peers.admin.GetAdmin, admin_pb2.GetAdminRequest(admin_id=admin.admin_id))
    asked = {"portal_id": str(portal_id), "queue": queue, "reason": body.reason, "paused_by": who.admin.email}
    if queue == "delivery":
        await ask("delivery", peers.delivery_operations.PauseQueue, delivery.PauseQueueRequest(**asked))
    else:
        await ask("messaging", peers.messaging_operations.PauseQueue, messaging.PauseQueueRequest(**asked))
    return await pauses(peers, portal_id)


@router.post("/portals/{portal_id}/queues/{queue}/resume", summary="Have a portal's part of a queue go on")
async def resume(
    portal_id: UUID, queue: PausableQueue, request: Request, admin: Operator, peers: Peers
) -> QueuePauses:
    """Do what gathered, in its order. What goes on already is left as it is. Audited."""
    await _record(peers, request, admin, "queue.resume", portal_id, {"queue": queue})
    asked = {"portal_id": str(portal_id), "queue": queue}
    if queue == "delivery":
        await ask("delivery", peers.delivery_operations.ResumeQueue, delivery.ResumeQueueRequest(**asked))
    else:
        await ask("messaging", peers.messaging_operations.ResumeQueue, messaging.ResumeQueueRequest(**asked))
    return await pauses(peers, portal_id)


async def _record(
    peers: Contexts, request: Request, admin: AdminSession, action: str, portal_id: UUID, after: dict[str, Any]
) -> None:
    await ask("portal", peers.portal.GetPortal, portal_pb2.GetPortalRequest(portal_id=str(portal_id)))
    await staff_log.record(peers, request, admin, action, after=after, portal_id=str(portal_id))


def _row(one: pb.QueuePause) -> QueuePause:
    return QueuePause(
        portal_id=one.portal_id,
        queue=one.queue,
        reason=one.reason,
        paused_by=one.paused_by,
        paused_at=at(one, "paused_at"),
    )
