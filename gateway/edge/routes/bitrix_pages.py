"""The pages that Bitrix24 opens in its frame: the install wizard, the app, its placements (contract 1.3, 6.2)."""

import re
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse
from grpc import StatusCode
from pydantic import ValidationError
from starlette.exceptions import HTTPException

from edge import pages
from edge.pages import PortalPage
from edge.rpc import INSTALL_TIMEOUT_S, Peers, ask
from edge.schemas.failure import FAILURE_SCHEMA
from edge.schemas.install import InstallComplete
from edge.schemas.text import Text
from edge.source import remote_ip
from kit import trace
from kit.errors import PeerError
from teachbase.portal.v1 import install_pb2

_ERRORS: dict[int | str, dict[str, Any]] = {
    "default": {
        "description": "A page that says why; the envelope where the request could not be read",
        "content": {
            "text/html": {"schema": {"type": "string"}},
            "application/json": {"schema": FAILURE_SCHEMA},
        },
    }
}
router = APIRouter(
    prefix="/v1/bitrix", tags=["bitrix pages"], default_response_class=HTMLResponse, responses=_ERRORS
)

_PLACEMENT = re.compile("[A-Z0-9_]{1,64}")


@router.get("/install", summary="The wizard's address in a browser")
@router.get("/handler", summary="The app's address in a browser")
async def outside(request: Request) -> HTMLResponse:
    """Tell people who open the address by themselves where the app is."""
    return pages.notice("open_in_bitrix", _language(request), 200)


@router.post("/install", summary="The install wizard in a portal's frame")
async def install(request: Request, peers: Peers) -> HTMLResponse:
    """Answer the wizard to whoever the OAuth server knows."""
    return await _page(request, peers, "install")


@router.post("/handler", summary="The app in a portal's frame")
@router.post("/placement", summary="A placement of the app in a portal's frame")
async def handler(request: Request, peers: Peers) -> HTMLResponse:
    """Answer the app to whoever the OAuth server knows."""
    return await _page(request, peers, "main")


@router.get("/oauth/callback", summary="Where a portal sends an administrator who authorized us")
async def authorized(
    request: Request,
    peers: Peers,
    code: Annotated[Text, Query(max_length=512)] = "",
    state: Annotated[Text, Query(max_length=2048)] = "",
    server_domain: Annotated[Text, Query(max_length=255)] = "",
) -> HTMLResponse:
    """Take the credential that a link of ours brought (contract 2.1)."""
    language = pages.preferred(request.headers.get("accept-language", ""))
    asked = install_pb2.CompleteAuthorizationRequest(
        code=code, state=state, server_endpoint=f"https://{server_domain}/", remote_ip=remote_ip(request)
    )
    try:
        await ask("portal", peers.portal.CompleteAuthorization, asked, INSTALL_TIMEOUT_S)
    except PeerError as error:
        if error.status in {StatusCode.PERMISSION_DENIED, StatusCode.INVALID_ARGUMENT, StatusCode.NOT_FOUND}:
            return pages.notice("not_authorized", language, 403, trace.current.get())
        status = 429 if error.status is StatusCode.RESOURCE_EXHAUSTED else 503
        return pages.notice("try_again", language, status, trace.current.get())
    return pages.notice("authorized", language, 200)


async def _page(request: Request, peers: Peers, page: str) -> HTMLResponse:
    template: PortalPage = request.app.state.portal_page
    language = _language(request)
    try:
        fields = dict(await request.form())
        claim = InstallComplete.model_validate(fields)
    except (ValidationError, HTTPException):
        return pages.notice("open_in_bitrix", language, 400, trace.current.get())
    asked = install_pb2.OpenSessionRequest(
        access_token=claim.AUTH_ID,
        refresh_token=claim.REFRESH_ID,
        expires_in=claim.AUTH_EXPIRES,
        member_id=claim.member_id,
        server_endpoint=claim.SERVER_ENDPOINT,
        application_token=claim.APPLICATION_TOKEN,
        remote_ip=remote_ip(request),
    )
    try:
        opened = await ask("portal", peers.portal.OpenSession, asked, INSTALL_TIMEOUT_S)
    except PeerError as error:
        if error.status in {StatusCode.PERMISSION_DENIED, StatusCode.INVALID_ARGUMENT}:
            return pages.notice("not_verified", language, 403, trace.current.get())
        status = 429 if error.status is StatusCode.RESOURCE_EXHAUSTED else 503
        return pages.notice("try_again", language, status, trace.current.get())
    placement = str(fields.get("PLACEMENT", ""))
    return template.answer(
        page, language, placement if _PLACEMENT.fullmatch(placement) else "DEFAULT", opened.origin
    )


def _language(request: Request) -> str:
    return pages.language_of(request.query_params.get("LANG", "ru"))
