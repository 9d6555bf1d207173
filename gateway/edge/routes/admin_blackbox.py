"""The blackbox: its settings, its size, one request in full."""

from uuid import UUID

import orjson
from fastapi import APIRouter, Depends, Request

from edge import rows, staff_log
from edge.auth import Operator, admin_session
from edge.rpc import Peers, ask
from edge.schemas.blackbox import (
    BlackboxSettings,
    BlackboxUsage,
    InboundEventDetail,
    PortalShare,
    Prune,
    Pruned,
    RefusedSource,
)
from kit.pb import enum_value
from teachbase.messaging.v1 import blackbox_pb2 as pb

router = APIRouter(prefix="/v1/admin", tags=["admin blackbox"], dependencies=[Depends(admin_session)])

_PRUNE_TIMEOUT_S = 55.0
"""Messaging works for a quarter of it and says what is left; a rewrite that has begun is waited for."""
_MIB = 1024 * 1024


@router.get("/settings/inbound-events", summary="What is kept of requests to the events address")
async def settings(peers: Peers) -> BlackboxSettings:
    """Return the settings in force."""
    found = await ask("messaging", peers.blackbox.GetBlackboxSettings, pb.GetBlackboxSettingsRequest())
    return _settings_row(found.settings)


@router.put("/settings/inbound-events", summary="Change what is kept of requests to the events address")
async def set_settings(
    body: BlackboxSettings, request: Request, admin: Operator, peers: Peers
) -> BlackboxSettings:
    """Change all of them; felt within seconds. Audited."""
    before = await settings(peers)
    await staff_log.record(
        peers, request, admin, "blackbox.settings", before=before.model_dump(), after=body.model_dump()
    )
    asked = pb.SetBlackboxSettingsRequest(settings=pb.BlackboxSettings(**body.model_dump()))
    return _settings_row((await ask("messaging", peers.blackbox.SetBlackboxSettings, asked)).settings)


@router.get("/inbound-events/usage", summary="What the blackbox takes, in real bytes")
async def usage(peers: Peers) -> BlackboxUsage:
    """Return bytes, rows, their span, who has most and from where refused requests came."""
    budget = (await settings(peers)).target_budget_mb * _MIB
    asked = pb.GetBlackboxUsageRequest()
    found = await ask("messaging", peers.blackbox.GetBlackboxUsage, asked, _PRUNE_TIMEOUT_S)
    return BlackboxUsage(
        bytes=found.total_bytes,
        table_bytes=found.table_bytes,
        index_bytes=found.index_bytes,
        toast_bytes=found.toast_bytes,
        rows=found.rows,
        oldest=rows.maybe_at(found, "oldest"),
        newest=rows.maybe_at(found, "newest"),
        partitions=found.partitions,
        budget_bytes=budget,
        portals=[
            PortalShare(portal_id=one.portal_id or None, rows=one.rows, bytes=one.bytes) for one in found.portals
        ],
        refused_sources=[
            RefusedSource(remote_ip=one.remote_ip, events=one.events, last_at=rows.at(one, "last_at"))
            for one in found.refused_sources
        ],
    )


@router.post("/inbound-events/prune", summary="Free what the blackbox takes")
async def prune(body: Prune, request: Request, admin: Operator, peers: Peers) -> Pruned:
    """Free real bytes for a bounded time; `complete` false: ask again. With `dry_run` only look. Audited."""
    if not body.dry_run:
        asked_for = {"mode": body.mode, "days": body.days}
        await staff_log.record(peers, request, admin, "blackbox.prune", after=asked_for)
    asked = pb.PruneBlackboxRequest(
        mode=enum_value(pb.PruneMode, body.mode), days=body.days or 0, dry_run=body.dry_run
    )
    done = await ask("messaging", peers.blackbox.PruneBlackbox, asked, _PRUNE_TIMEOUT_S)
    return Pruned(
        mode=body.mode,
        dry_run=body.dry_run,
        freed_rows=done.freed_rows,
        freed_bytes=done.freed_bytes,
        partitions=done.partitions,
        bytes=done.total_bytes,
        complete=done.complete,
    )


@router.get("/inbound-events/{event_id}", summary="One request in full, without secrets")
async def inbound_event(event_id: UUID, peers: Peers) -> InboundEventDetail:
    """Return a row of the blackbox with its headers, body, what was read in it, and hints."""
    asked = pb.GetInboundEventRequest(id=str(event_id))
    found = await ask("messaging", peers.blackbox.GetInboundEvent, asked)
    return InboundEventDetail(
        **rows.inbound_event_row(found.event).model_dump(),
        headers=dict(found.headers),
        body=found.body.decode("utf-8", "replace"),
        parsed=orjson.loads(found.parsed_json) if found.parsed_json else None,
        hints=list(found.hints),
    )


def _settings_row(value: pb.BlackboxSettings) -> BlackboxSettings:
    return BlackboxSettings(
        retention_days=value.retention_days,
        max_rows=value.max_rows,
        max_body_kb=value.max_body_kb,
        enabled=value.enabled,
        auto_prune_on_write=value.auto_prune_on_write,
        target_budget_mb=value.target_budget_mb,
    )
