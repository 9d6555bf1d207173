"""The welcomes that chosen users get: watched while they go out."""

import asyncio
import time
from typing import Literal

from edge.rpc import Contexts, ask
from edge.schemas.install import Provision
from kit.errors import PeerError
from teachbase.messaging.v1 import messaging_pb2 as messaging

_POLL_S = 0.2


async def watch(peers: Contexts, portal_id: str, user_ids: list[int], wait_s: float) -> Provision:
    """Return how far the welcomes of users are, as soon as they are through and after `wait_s` at the latest."""
    request = messaging.GetProvisionRequest(portal_id=portal_id, user_ids=user_ids)
    deadline = time.monotonic() + wait_s
    while True:
        try:
            found = await ask("messaging", peers.messaging.GetProvision, request)
        except PeerError:
            return Provision(status="running", total=len(user_ids), ok=0, failed=[])
        failed = sorted(found.failed)
        if found.ok + len(failed) >= found.total:
            status: Literal["ok", "error", "partial_fail"] = (
                "ok" if not failed else "error" if not found.ok else "partial_fail"
            )
            return Provision(status=status, total=found.total, ok=found.ok, failed=failed)
        if time.monotonic() > deadline:
            return Provision(status="running", total=found.total, ok=found.ok, failed=failed)
        await asyncio.sleep(_POLL_S)
