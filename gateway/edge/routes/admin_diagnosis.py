"""What is wrong with a portal, and having it mended."""

from uuid import UUID

from fastapi import APIRouter, Request

from edge import diagnosis
from edge.auth import Operator
from edge.rpc import Peers
from edge.schemas.diagnosis import Diagnosis, Mended
from edge.source import remote_ip
from teachbase.portal.v1 import portal_pb2 as pb

router = APIRouter(prefix="/v1/admin/portals/{portal_id}", tags=["admin portals"])


@router.post("/diagnostics", summary="What is wrong with a portal")
async def diagnostics(portal_id: UUID, admin: Operator, peers: Peers) -> Diagnosis:  # noqa: ARG001 - it guards
    """Make every check, also at the portal itself; nothing is mended by it."""
    return await diagnosis.diagnose(peers, str(portal_id))


@router.post("/attempt-fix", summary="Mend what is wrong with a portal, as far as that goes by itself")
async def attempt_fix(portal_id: UUID, request: Request, admin: Operator, peers: Peers) -> Mended:
    """Run the fixer of each failed check and check again; say what a person has to do. Audited; safe to repeat."""
    actor = pb.Actor(admin_id=admin.admin_id, remote_ip=remote_ip(request))
    return await diagnosis.attempt_fix(peers, str(portal_id), actor)
