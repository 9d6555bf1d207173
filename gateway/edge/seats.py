"""How many employees a portal's plan lets in by name."""

import structlog

from edge.errors import ApiError
from edge.rpc import Contexts, ask
from kit.errors import PeerError
from teachbase.billing.v1 import billing_pb2 as pb

log = structlog.get_logger("seats")

LIMIT = "allowed_users"
_TIMEOUT_S = 2.0


async def take(peers: Contexts, portal_id: str, wanted: int) -> None:
    """Check that a plan lets so many in, and tell billing. Raises ApiError 409.

    Billing that does not answer keeps nobody from being let in.
    """
    try:
        asked = pb.GetLimitsRequest(portal_id=portal_id)
        found = await ask("billing", peers.billing.GetLimits, asked, _TIMEOUT_S)
        limits = {one.name: one.value for one in found.limits}
        if wanted > limits.get(LIMIT, wanted):
            raise ApiError(
                409,
                "allowed_users_limit_reached",
                f"The plan lets {limits[LIMIT]} employees in, and {wanted} are chosen.",
                {"limit": limits[LIMIT], "wanted": wanted},
            )
        kept = pb.ReportKeptRequest(portal_id=portal_id, kept=[pb.Limit(name=LIMIT, value=wanted)])
        await ask("billing", peers.billing.ReportKept, kept, _TIMEOUT_S)
    except PeerError as error:
        log.warning("limit of employees not asked for", portal_id=portal_id, reason=error.reason)
