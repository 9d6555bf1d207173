"""How Bitrix24 probes the address of its events (contract 5.1); the events are `edge.events_address`'s."""

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from kit import trace

router = APIRouter(prefix="/v1/bitrix", tags=["bitrix"])


@router.api_route("/events", methods=["HEAD", "OPTIONS"], include_in_schema=False)
@router.get("/events", summary="Bitrix24 probes the address")
async def probe() -> JSONResponse:
    """Answer that the address works."""
    return JSONResponse({"status": "ok", "trace_id": trace.current.get()})
