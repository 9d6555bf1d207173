"""How the product's own parts are, each with a cause: asked of all of them at once, none waits for another."""

import asyncio
from collections.abc import Awaitable
from dataclasses import dataclass
from typing import Literal, TypeVar

from edge import rows, serving
from edge.drain import Drain
from edge.rpc import Contexts, ask
from edge.schemas.system import Component, Queue, Queues, Seen, State, SystemHealth, Worker, Workers
from edge.spool import Spool
from kit.clock import utc_now
from kit.errors import PeerError
from teachbase.delivery.v1 import operations_pb2 as delivery
from teachbase.messaging.v1 import operations_pb2 as messaging
from teachbase.portal.v1 import operations_pb2 as pb

T = TypeVar("T")

WORKERS = ("portal-worker", "messaging-worker", "knowledge-worker", "delivery-worker", "billing-worker")
SLOW_S = {"messaging": 60.0, "delivery": 60.0, "knowledge": 900.0}
"""From what age of its oldest item a queue does not move as it should; a document may take long."""
_TIMEOUT_S = 5.0
_WORST = ("failing", "unknown", "warning", "ok")


@dataclass(frozen=True)
class _Told:
    """What a context says: of itself, of Postgres, of Redis."""

    name: str
    whole: int
    postgres: int
    redis: int


async def queues(peers: Contexts, spool: Spool) -> Queues:
    """Return every queue, the gateway's own included; who does not answer is named."""
    asked = await asyncio.gather(
        _known(ask("messaging", peers.messaging_operations.GetQueues, messaging.GetQueuesRequest(), _TIMEOUT_S)),
        _known(ask("delivery", peers.delivery_operations.GetQueues, delivery.GetQueuesRequest(), _TIMEOUT_S)),
    )
    answers = dict(zip(("messaging", "delivery"), asked, strict=True))
    items = [_queue(one) for found in answers.values() if found for one in found.queues]
    missing = [name for name, found in answers.items() if found is None]
    return Queues(items=[_of_spool(spool), *items], next_cursor=None, missing=missing)


async def workers(peers: Contexts) -> Workers:
    """Return every worker that told of itself lately; where nobody can know, why."""
    try:
        found = await ask("portal", peers.portal_operations.ListWorkers, pb.ListWorkersRequest(), _TIMEOUT_S)
    except PeerError as error:
        return Workers(items=[], next_cursor=None, cause=error.message)
    return Workers(items=list(map(_worker, found.workers)), next_cursor=None, cause=None)


async def seen(peers: Contexts, spool: Spool, drain: Drain) -> Seen:
    """Return what consoles follow."""
    how, waiting = await asyncio.gather(health(peers, spool, drain), queues(peers, spool))
    return Seen(health=how, queues=waiting)


async def health(peers: Contexts, spool: Spool, drain: Drain) -> SystemHealth:
    """Return how every part is."""
    told, working, waiting = await asyncio.gather(
        asyncio.gather(*(_ask_context(name, peers) for name in peers.channels)),
        workers(peers),
        queues(peers, spool),
    )
    components = [
        *map(_service, told),
        _store(serving.POSTGRES, {one.name: one.postgres for one in told}, "failing"),
        _store(serving.REDIS, {one.name: one.redis for one in told}, "warning"),
        *(_worker_kind(name, working) for name in WORKERS),
        *map(_moves, (one for one in waiting.items if one.queue != "spool")),
        _spool(spool, drain, await asyncio.to_thread(_left_over, spool, drain)),
    ]
    components.sort(key=lambda one: _WORST.index(one.state))
    worst = components[0].state
    status: Literal["ok", "degraded", "failing"] = "ok" if worst == "ok" else "degraded"
    if worst == "failing":
        status = "failing"
    return SystemHealth(status=status, checked_at=rows.iso(utc_now()), components=components)


async def _known(answer: Awaitable[T]) -> T | None:
    try:
        return await answer
    except PeerError:
        return None


async def _ask_context(name: str, peers: Contexts) -> _Told:
    names = (serving.WHOLE, serving.POSTGRES, serving.REDIS)
    return _Told(name, *await asyncio.gather(*(serving.state(peers.channels[name], one) for one in names)))


def _service(told: _Told) -> Component:
    if told.whole == serving.UNKNOWN:
        step = "Look whether its process runs, and at the end of its log."
        return _part(told.name, "service", "failing", "It does not answer.", step)
    if told.whole == serving.NOT_SERVING:
        cause = (
            "Postgres does not answer it." if told.postgres == serving.NOT_SERVING else "It says that it does not."
        )
        return _part(told.name, "service", "failing", cause, "See what it depends on.")
    return _part(told.name, "service")


def _store(name: str, told: dict[str, int], bad: State) -> Component:
    lacking = sorted(context for context, state in told.items() if state == serving.NOT_SERVING)
    if lacking:
        step = f"Look whether {name} runs, is reached and takes more connections."
        return _part(name, "store", bad, f"It does not answer {', '.join(lacking)}.", step)
    if serving.SERVING not in told.values():
        return _part(name, "store", "unknown", "Nobody answers who would know.", "See the services first.")
    return _part(name, "store")


def _worker_kind(name: str, found: Workers) -> Component:
    if found.cause:
        return _part(name, "worker", "unknown", found.cause, "See portal and redis first.")
    states = [one.state for one in found.items if one.name == name]
    if not set(states) - {"lost"}:
        cause = "It was killed, or hangs." if states else "None tells that it lives."
        return _part(name, "worker", "failing", cause, "Start it again, and look at the end of its log.")
    return _part(name, "worker")


def _moves(queue: Queue) -> Component:
    if queue.oldest_age_s > SLOW_S.get(queue.queue, 60.0):
        cause = f"{queue.depth} wait, the oldest for {queue.oldest_age_s:.0f} s."
        step = f"See its worker; runbook: {queue.queue} queue is old."
        return _part(queue.queue, "queue", "failing", cause, step)
    return _part(queue.queue, "queue")


def _spool(spool: Spool, drain: Drain, left_over: int) -> Component:
    if spool.depth and drain.cause:
        return _part("spool", "spool", "warning", drain.cause.text, drain.cause.next_step)
    if left_over:
        cause = f"{left_over} events or files wait for a person: they could not be stored or read."
        return _part("spool", "spool", "warning", cause, "GET /v1/admin/spool/set-aside tells why.")
    return _part("spool", "spool")


def _left_over(spool: Spool, drain: Drain) -> int:
    return len(drain.set_aside.ids()) + len(spool.broken())


def _part(
    name: str, kind: str, state: State = "ok", cause: str | None = None, next_step: str | None = None
) -> Component:
    return Component.model_validate(
        {"name": name, "kind": kind, "state": state, "cause": cause, "next_step": next_step}
    )


def _of_spool(spool: Spool) -> Queue:
    return Queue(
        queue="spool",
        depth=spool.depth,
        oldest_age_s=round(spool.waiting_s, 1),
        rate_per_min=None,
        failures_per_hour=None,
        dead=None,
        held_portals=None,
    )


def _queue(value: pb.Queue) -> Queue:
    def known(field: str) -> float | None:
        return getattr(value, field) if value.HasField(field) else None  # type: ignore[arg-type] # of a few names

    rate = known("rate_per_min")
    return Queue.model_validate(
        {
            "queue": value.name,
            "depth": value.depth,
            "oldest_age_s": round(value.oldest_s, 1),
            "rate_per_min": None if rate is None else round(rate, 1),
            "failures_per_hour": known("failed_last_hour"),
            "dead": known("dead"),
            "held_portals": known("held_portals"),
        }
    )


def _worker(value: pb.Worker) -> Worker:
    return Worker.model_validate(
        {
            "id": f"{value.name}:{value.host}:{value.pid}",
            "name": value.name,
            "service": "messaging" if value.name == "knowledge-worker" else value.name.removesuffix("-worker"),
            "state": value.state,
            "heartbeat_at": rows.maybe_at(value, "heartbeat_at"),
            "started_at": rows.maybe_at(value, "started_at"),
            "current_job": value.current_job or None,
            "since": rows.maybe_at(value, "since"),
        }
    )
