"""The address that Bitrix24 posts events to: read, hand on, answer (contract 5.1)."""

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from starlette.requests import ClientDisconnect

from edge.errors import ApiError
from edge.intake import Intake
from kit import trace
from teachbase.messaging.v1 import messaging_pb2 as pb

router = APIRouter(prefix="/v1/bitrix", tags=["bitrix"])

MAX_BODY = 1024 * 1024
_MAX_DISCARDED = 16 * 1024 * 1024
_MAX_HEADERS = 60
_MAX_IP = 64


@router.post("/events", summary="Events of Bitrix24")
async def take_event(request: Request) -> JSONResponse:
    """Make an event durable and answer 200, whatever it is: what it is worth is decided later.

    A refused event gets the very same answer, so that nobody learns which portals exist.
    """
    intake: Intake = request.app.state.intake
    trace_id = trace.current.get()
    try:
        body, truncated = await _read(request)
    except ClientDisconnect:
        raise ApiError(400, "body_cut", "The body ended before its length.") from None
    event = pb.RawEvent(
        trace_id=trace_id,
        method=request.method,
        path=str(request.url.path)[:2048],
        content_type=request.headers.get("content-type", "")[:255],
        body=body,
        body_truncated=truncated,
        headers={name[:64]: value[:512] for name, value in list(request.headers.items())[:_MAX_HEADERS]},
        remote_ip=remote_ip(request),
    )
    event.received_at.GetCurrentTime()
    await intake.take(event)
    return JSONResponse({"status": "ok", "trace_id": trace_id})


@router.api_route("/events", methods=["HEAD", "OPTIONS"], include_in_schema=False)
@router.get("/events", summary="Bitrix24 probes the address")
async def probe() -> JSONResponse:
    """Answer that the address works."""
    return JSONResponse({"status": "ok", "trace_id": trace.current.get()})


def remote_ip(request: Request) -> str:
    """Return the caller's address as uvicorn took it from the proxy, which does not look whether it is one."""
    return request.client.host[:_MAX_IP] if request.client else ""


async def _read(request: Request) -> tuple[bytes, bool]:
    """Return at most MAX_BODY bytes of the body and whether it was longer; the rest is read and dropped."""
    body, seen = bytearray(), 0
    async for chunk in request.stream():
        seen += len(chunk)
        body += chunk[: MAX_BODY - len(body)]
        if seen > _MAX_DISCARDED:
            break
    return bytes(body), seen > MAX_BODY
