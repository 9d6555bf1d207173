"""How everybody is answered, and why a message was answered as it was."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request

from edge import answer_rows, staff_log
from edge.auth import Operator, admin_session
from edge.rpc import Peers, ask
from edge.schemas import answers as shapes
from edge.schemas.text import Text
from kit.errors import PeerError
from teachbase.billing.v1 import ledger_pb2
from teachbase.messaging.v1 import answers_pb2 as pb

router = APIRouter(prefix="/v1/admin", tags=["admin answers"], dependencies=[Depends(admin_session)])


@router.get("/settings/answers", summary="How everybody is answered")
async def settings(peers: Peers) -> shapes.AnswerSettingsChosen:
    """Return what was chosen for everybody, and what counts where a portal chose nothing."""
    found = await ask("messaging", peers.answers.GetAnswerSettings, pb.GetAnswerSettingsRequest())
    return answer_rows.chosen(found.settings)


@router.put("/settings/answers", summary="Choose how everybody is answered")
async def set_settings(
    body: shapes.GlobalAnswerSettingsChange, request: Request, admin: Operator, peers: Peers
) -> shapes.AnswerSettingsChosen:
    """Replace it; felt within seconds. Audited, but for the key."""
    before = (await settings(peers)).own.model_dump(exclude_none=True)
    after = body.model_dump(exclude_none=True, exclude={"api_key"})
    await staff_log.record(peers, request, admin, "answers.settings", before=before, after=after)
    changed = await ask("messaging", peers.answers.SetAnswerSettings, answer_rows.change(body))
    return answer_rows.chosen(changed.settings)


@router.get("/messages/{message_id}/explanation", summary="Why a message was answered as it was")
async def explanation(
    message_id: UUID, portal_id: Annotated[Text, Query(min_length=1, max_length=64)], peers: Peers
) -> shapes.Explanation:
    """Return passages, quotes and the model's part. 404 `explanation_not_found` where a rule answered."""
    asked = pb.GetExplanationRequest(portal_id=portal_id, message_id=str(message_id))
    found = await ask("messaging", peers.answers.GetExplanation, asked)
    uses = ledger_pb2.ListModelUsesRequest(portal_id=portal_id, message_id=str(message_id))
    try:
        counted = await ask("billing", peers.ledger.ListModelUses, uses)
    except PeerError:
        return answer_rows.explanation(found, None)
    return answer_rows.explanation(found, counted.uses)
