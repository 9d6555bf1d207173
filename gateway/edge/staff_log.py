"""Changes that the vendor's staff makes in contexts that keep no audit log: portal writes them down first.

A change that cannot be written down is not made.
"""

from typing import Any

from fastapi import Request

from edge.auth import AdminSession
from edge.rpc import Contexts, ask
from edge.source import remote_ip
from kit.pb import struct
from teachbase.portal.v1 import admin_pb2, portal_pb2


async def record(
    peers: Contexts,
    request: Request,
    admin: AdminSession,
    action: str,
    *,
    after: dict[str, Any],
    before: dict[str, Any] | None = None,
    portal_id: str = "",
) -> None:
    """Write down what is about to be done. Raises PeerError."""
    entry = admin_pb2.RecordChangeRequest(
        actor=portal_pb2.Actor(admin_id=admin.admin_id, remote_ip=remote_ip(request)),
        action=action,
        portal_id=portal_id,
        before=struct(before or {}),
        after=struct(after),
    )
    await ask("portal", peers.admin.RecordChange, entry)
