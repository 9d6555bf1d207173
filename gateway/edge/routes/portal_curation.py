"""Questions that were answered badly or not at all, and the answers that an administrator writes to them."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query

from edge import answer_rows
from edge.auth import PortalAdmin, PortalSession
from edge.rpc import Contexts, Peers, ask
from edge.schemas import answers as shapes
from edge.schemas.admin import Page
from edge.schemas.text import Text
from kit.pb import enum_value
from teachbase.messaging.v1 import answers_pb2 as pb

router = APIRouter(prefix="/v1/portal/kb", tags=["knowledge"])

Limit = Annotated[int, Query(ge=1, le=200)]
Cursor = Annotated[Text, Query(max_length=512)]


@router.get("/unsatisfied", summary="Questions that call for an answer")
async def unsatisfied(
    kind: Literal["unanswered", "badly_rated"],
    session: PortalAdmin,
    peers: Peers,
    limit: Limit = 50,
    cursor: Cursor = "",
) -> Page[shapes.Unsatisfied]:
    """List, newest first, what no document answers or somebody thought bad, until a curated answer is written."""
    asked = pb.ListUnsatisfiedRequest(
        portal_id=session.portal_id,
        kind=enum_value(pb.UnsatisfiedKind, kind),
        page_size=limit,
        page_token=cursor,
    )
    found = await ask("messaging", peers.answers.ListUnsatisfied, asked)
    items = [answer_rows.unsatisfied(one, session.portal_id) for one in found.items]
    return Page(items=items, next_cursor=found.next_page_token or None)


@router.get("/curated", summary="Answers written by hand")
async def curated(
    session: PortalAdmin, peers: Peers, limit: Limit = 50, cursor: Cursor = ""
) -> Page[shapes.Curated]:
    """List, newest first."""
    asked = pb.ListCuratedRequest(portal_id=session.portal_id, page_size=limit, page_token=cursor)
    found = await ask("messaging", peers.answers.ListCurated, asked)
    items = [answer_rows.curated(one, session.portal_id) for one in found.items]
    return Page(items=items, next_cursor=found.next_page_token or None)


@router.post("/curated", status_code=201, summary="Write an answer by hand")
async def write(body: shapes.CuratedChange, session: PortalAdmin, peers: Peers) -> shapes.Curated:
    """Store it; it wins over documents from now on."""
    return await _save(peers, session, body, "")


@router.put("/curated/{curated_id}", summary="Change an answer written by hand")
async def rewrite(
    curated_id: UUID, body: shapes.CuratedChange, session: PortalAdmin, peers: Peers
) -> shapes.Curated:
    """Replace the question and the answer."""
    return await _save(peers, session, body, str(curated_id))


@router.delete("/curated/{curated_id}", status_code=204, summary="Delete an answer written by hand")
async def delete(curated_id: UUID, session: PortalAdmin, peers: Peers) -> None:
    """Delete; deleting again changes nothing."""
    asked = pb.DeleteCuratedRequest(portal_id=session.portal_id, id=str(curated_id))
    await ask("messaging", peers.answers.DeleteCurated, asked)


@router.get("/golden", summary="Questions that are asked again when documents change")
async def golden(
    session: PortalAdmin,
    peers: Peers,
    changed: Annotated[bool, Query(description="Only those whose answer is another now")] = False,
    limit: Limit = 50,
    cursor: Cursor = "",
) -> Page[shapes.Golden]:
    """List, newest first."""
    asked = pb.ListGoldenRequest(
        portal_id=session.portal_id, only_changed=changed, page_size=limit, page_token=cursor
    )
    found = await ask("messaging", peers.answers.ListGolden, asked)
    items = [answer_rows.golden(one, session.portal_id) for one in found.items]
    return Page(items=items, next_cursor=found.next_page_token or None)


@router.post("/golden", status_code=201, summary="Add a question to be asked again")
async def add_golden(body: shapes.GoldenAdded, session: PortalAdmin, peers: Peers) -> shapes.Golden:
    """Add it; within seconds it is asked, and that answer counts as right."""
    asked = pb.AddGoldenRequest(portal_id=session.portal_id, question=body.question, created_by=session.user_id)
    added = await ask("messaging", peers.answers.AddGolden, asked)
    return answer_rows.golden(added.golden, session.portal_id)


@router.post("/golden/{golden_id}/accept", summary="Take the present answer as right")
async def accept_golden(golden_id: UUID, session: PortalAdmin, peers: Peers) -> shapes.Golden:
    """Take it; from now on changes from it are shown."""
    asked = pb.AcceptGoldenRequest(portal_id=session.portal_id, id=str(golden_id))
    accepted = await ask("messaging", peers.answers.AcceptGolden, asked)
    return answer_rows.golden(accepted.golden, session.portal_id)


@router.delete("/golden/{golden_id}", status_code=204, summary="Ask a question no more")
async def delete_golden(golden_id: UUID, session: PortalAdmin, peers: Peers) -> None:
    """Delete; deleting again changes nothing."""
    asked = pb.DeleteGoldenRequest(portal_id=session.portal_id, id=str(golden_id))
    await ask("messaging", peers.answers.DeleteGolden, asked)


async def _save(
    peers: Contexts, session: PortalSession, body: shapes.CuratedChange, curated_id: str
) -> shapes.Curated:
    asked = pb.SaveCuratedRequest(
        portal_id=session.portal_id,
        id=curated_id,
        question=body.question,
        answer=body.answer,
        from_message_id=str(body.from_message_id or ""),
        created_by=session.user_id,
    )
    saved = await ask("messaging", peers.answers.SaveCurated, asked)
    return answer_rows.curated(saved.curated, session.portal_id)
