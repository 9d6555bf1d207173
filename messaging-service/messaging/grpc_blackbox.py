"""The servicer of BlackboxService: message -> use case -> message."""

from collections import Counter
from uuid import UUID

from kit.ids import NIL
from kit.pb import enum_name, enum_value, moment, optional_uuid, to_datetime
from kit.rpc import Context
from messaging import packing
from messaging.blackbox import BlackboxSettings, Freed, Usage, by_portal
from messaging.detail import Details
from messaging.domain import Outcome
from messaging.forecast import Blackbox
from messaging.prune import Pruner
from messaging.replay import Replay
from messaging.simulate import Simulation
from teachbase.messaging.v1 import blackbox_pb2 as pb
from teachbase.messaging.v1 import blackbox_pb2_grpc, messaging_pb2

_TOP = 20


class BlackboxServicer(blackbox_pb2_grpc.BlackboxServiceServicer):
    """Speaks for the blackbox."""

    def __init__(
        self, blackbox: Blackbox, pruner: Pruner, details: Details, replay: Replay, simulation: Simulation
    ) -> None:
        self._blackbox = blackbox
        self._pruner = pruner
        self._details = details
        self._replay = replay
        self._simulation = simulation

    async def GetBlackboxSettings(
        self, request: pb.GetBlackboxSettingsRequest, context: Context
    ) -> pb.GetBlackboxSettingsResponse:
        return pb.GetBlackboxSettingsResponse(settings=_settings_to_pb(await self._blackbox.settings()))

    async def SetBlackboxSettings(
        self, request: pb.SetBlackboxSettingsRequest, context: Context
    ) -> pb.SetBlackboxSettingsResponse:
        changed = await self._blackbox.change(_settings(request.settings))
        return pb.SetBlackboxSettingsResponse(settings=_settings_to_pb(changed))

    async def GetBlackboxUsage(
        self, request: pb.GetBlackboxUsageRequest, context: Context
    ) -> pb.GetBlackboxUsageResponse:
        return _usage_to_pb(await self._blackbox.usage())

    async def PruneBlackbox(self, request: pb.PruneBlackboxRequest, context: Context) -> pb.PruneBlackboxResponse:
        return _freed_to_pb(await self._prune(request))

    async def GetInboundEvent(
        self, request: pb.GetInboundEventRequest, context: Context
    ) -> pb.GetInboundEventResponse:
        found = await self._details.of(UUID(request.id))
        return pb.GetInboundEventResponse(
            event=packing.inbound_event(found.event),
            headers=found.headers,
            body=found.body,
            parsed_json=found.parsed.decode(),
            hints=found.hints,
        )

    async def ReplayInboundEvent(
        self, request: pb.ReplayInboundEventRequest, context: Context
    ) -> pb.ReplayInboundEventResponse:
        done = await self._replay.one(UUID(request.id), dry_run=request.dry_run)
        return pb.ReplayInboundEventResponse(
            id=str(done.id),
            dry_run=request.dry_run,
            before=_judgement(done.before),
            after=_judgement(done.after),
            effect=pb.ReplayEffect(
                changes=done.changes,
                answers=done.answers,
                portal_id="" if done.portal_id == NIL else str(done.portal_id),
                judged=_judgement(done.judged),
            ),
        )

    async def ReplayInboundEvents(
        self, request: pb.ReplayInboundEventsRequest, context: Context
    ) -> pb.ReplayInboundEventsResponse:
        filters = {
            "portal_id": optional_uuid(request.portal_id),
            "domain": request.domain,
            "event": request.event,
            "outcome": enum_name(messaging_pb2.InboundOutcome, request.outcome),
            "reason": request.reason,
            "since": to_datetime(request, "since"),
            "until": to_datetime(request, "until"),
        }
        done = await self._replay.many(filters, request.page_token, dry_run=request.dry_run)
        return pb.ReplayInboundEventsResponse(
            matched=done.matched,
            replayed=done.replayed,
            outcomes=done.outcomes,
            remaining=done.remaining,
            next_page_token=done.next_page_token,
        )

    async def SimulateIncoming(
        self, request: pb.SimulateIncomingRequest, context: Context
    ) -> pb.SimulateIncomingResponse:
        receipt = await self._simulation.incoming(
            UUID(hex=request.trace_id),
            UUID(request.portal_id),
            request.user_id,
            request.message,
            request.remote_ip,
        )
        return pb.SimulateIncomingResponse(receipt=packing.receipt(receipt))

    async def _prune(self, request: pb.PruneBlackboxRequest) -> Freed:
        if request.mode == pb.PRUNE_MODE_ALL:
            return await (self._blackbox.all_would_free() if request.dry_run else self._pruner.all())
        if request.mode == pb.PRUNE_MODE_AUTO:
            return await (self._blackbox.auto_would_free() if request.dry_run else self._pruner.auto())
        if request.dry_run:
            return await self._blackbox.older_would_free(request.days)
        return await self._pruner.older_than(request.days)


def _settings(value: pb.BlackboxSettings) -> BlackboxSettings:
    return BlackboxSettings(
        retention_days=value.retention_days,
        max_rows=value.max_rows,
        max_body_kb=value.max_body_kb,
        enabled=value.enabled,
        auto_prune_on_write=value.auto_prune_on_write,
        target_budget_mb=value.target_budget_mb,
    )


def _settings_to_pb(value: BlackboxSettings) -> pb.BlackboxSettings:
    return pb.BlackboxSettings(**vars(value))


def _usage_to_pb(value: Usage) -> pb.GetBlackboxUsageResponse:
    rows, sizes = by_portal(value.shares, "rows"), Counter(by_portal(value.shares, "size"))
    return pb.GetBlackboxUsageResponse(
        total_bytes=sum(part.total for part in value.partitions),
        table_bytes=sum(part.table for part in value.partitions),
        index_bytes=sum(part.indexes for part in value.partitions),
        toast_bytes=sum(part.toast for part in value.partitions),
        rows=sum(rows.values()),
        oldest=moment(value.oldest),
        newest=moment(value.newest),
        partitions=len(value.partitions),
        portals=[
            pb.PortalShare(portal_id="" if who == NIL else str(who), rows=rows[who], bytes=size)
            for who, size in sizes.most_common(_TOP)
        ],
        refused_sources=[
            pb.RefusedSource(remote_ip=one.remote_ip, events=one.events, last_at=moment(one.last_at))
            for one in value.sources
        ],
    )


def _freed_to_pb(value: Freed) -> pb.PruneBlackboxResponse:
    return pb.PruneBlackboxResponse(
        freed_rows=value.rows,
        freed_bytes=value.size,
        partitions=value.partitions,
        total_bytes=value.total,
        complete=value.complete,
    )


def _judgement(value: tuple[Outcome, str]) -> pb.Judgement:
    outcome, reason = value
    return pb.Judgement(outcome=enum_value(messaging_pb2.InboundOutcome, outcome), reason=reason)
