"""How the product itself is: its parts, its queues, its workers."""

from fastapi import APIRouter, Depends, Request

from edge import system
from edge.auth import admin_session
from edge.rpc import Peers
from edge.schemas.system import Queues, SystemHealth, Workers

router = APIRouter(prefix="/v1/admin/system", tags=["admin system"], dependencies=[Depends(admin_session)])


@router.get("/health", summary="How every part is, the worst first")
async def health(request: Request, peers: Peers) -> SystemHealth:
    """Return services, stores, workers and queues, each with a cause and what to do. Always 200."""
    return await system.health(peers, request.app.state.spool, request.app.state.drain)


@router.get("/queue", summary="What waits in each queue")
async def queue(request: Request, peers: Peers) -> Queues:
    """Return the queues as their rows say: depth, age of the oldest that is due, rate, failures."""
    return await system.queues(peers, request.app.state.spool)


@router.get("/workers", summary="What each worker is at")
async def workers(peers: Peers) -> Workers:
    """Return the workers that told of themselves lately; without Redis nobody can, and `cause` says so."""
    return await system.workers(peers)
