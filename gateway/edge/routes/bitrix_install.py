"""The install's two XHRs, called by the wizard page in the portal's iframe (contract 1.2)."""

from typing import Literal

from fastapi import APIRouter, Request
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError

from edge import provision, seats
from edge.auth import PortalAdmin
from edge.errors import ApiError
from edge.rpc import INSTALL_TIMEOUT_S, Peers, ask
from edge.schemas.install import (
    FinalizeSteps,
    InstallComplete,
    InstallCompleted,
    InstalledBot,
    InstallFinalize,
    InstallFinalized,
    StepResult,
)
from edge.source import remote_ip
from kit import trace
from teachbase.portal.v1 import install_pb2
from teachbase.portal.v1 import portal_pb2 as pb

router = APIRouter(prefix="/v1/bitrix/install", tags=["bitrix"])

PROVISION_WAIT_S = 8.0
"""How long finalizing watches the welcomes go out before it answers `running`."""
_BOT_STATUS: dict[int, Literal["missing", "registered", "failed"]] = {
    pb.BOT_STATE_UNSPECIFIED: "missing",
    pb.BOT_STATE_MISSING: "missing",
    pb.BOT_STATE_REGISTERED: "registered",
    pb.BOT_STATE_FAILED: "failed",
}
_BODY = {
    "requestBody": {
        "required": True,
        "content": {
            kind: {"schema": InstallComplete.model_json_schema()}
            for kind in ("application/x-www-form-urlencoded", "application/json")
        },
    }
}


@router.post("/complete", summary="Verify and store an install", openapi_extra=_BODY)
async def complete(request: Request, peers: Peers) -> InstallCompleted:
    """Take the tokens of the wizard page (form or JSON), verify them at the OAuth server, register the bot."""
    claim = await _claim(request)
    answer = await ask(
        "portal",
        peers.portal.CompleteInstall,
        install_pb2.CompleteInstallRequest(
            access_token=claim.AUTH_ID,
            refresh_token=claim.REFRESH_ID,
            expires_in=claim.AUTH_EXPIRES,
            member_id=claim.member_id,
            domain=claim.DOMAIN,
            application_token=claim.APPLICATION_TOKEN,
            server_endpoint=claim.SERVER_ENDPOINT,
            remote_ip=remote_ip(request),
        ),
        INSTALL_TIMEOUT_S,
    )
    bot = answer.portal.bot
    return InstallCompleted(
        status="ok",
        portal_id=answer.portal.id,
        portal_token=answer.portal_token,
        bot=InstalledBot(
            status=_BOT_STATUS[bot.state],
            bot_id_present=bot.id > 0,
            error_code=bot.error_code or None,
        ),
        trace_id=trace.current.get(),
    )


@router.post("/finalize", summary="Choose who may talk to the bot")
async def finalize(body: InstallFinalize, session: PortalAdmin, peers: Peers) -> InstallFinalized:
    """Save the allowlist, make sure of the bot and watch the welcomes go out. Safe to repeat."""
    if body.portal_id != session.portal_id:
        raise ApiError(403, "forbidden", "The token is of another portal.")
    user_ids = sorted(set(body.selected_user_ids))
    await seats.take(peers, body.portal_id, len(user_ids))
    saved = await ask(
        "portal",
        peers.portal.FinalizeInstall,
        install_pb2.FinalizeInstallRequest(portal_id=body.portal_id, user_ids=user_ids),
    )
    bot = saved.portal.bot
    if bot.state != pb.BOT_STATE_REGISTERED:
        ensure = pb.EnsureBotRequest(portal_id=body.portal_id)
        bot = (await ask("portal", peers.portal.EnsureBot, ensure, INSTALL_TIMEOUT_S)).bot
    has_bot = bot.state == pb.BOT_STATE_REGISTERED
    welcomes = await provision.watch(peers, body.portal_id, user_ids, PROVISION_WAIT_S if has_bot else 0)
    went_well = has_bot and welcomes.status in {"ok", "running"}
    return InstallFinalized(
        status="ok" if went_well else "partial_fail",
        trace_id=trace.current.get(),
        steps=FinalizeSteps(
            allowlist=StepResult(status="ok"),
            ensure_bot=StepResult(status="ok" if has_bot else "error", error_code=bot.error_code or None),
            provision=welcomes,
        ),
    )


async def _claim(request: Request) -> InstallComplete:
    is_json = "json" in request.headers.get("content-type", "")
    try:
        fields = await request.json() if is_json else dict(await request.form())
    except (ValueError, RecursionError):
        raise ApiError(400, "bad_request", "The body is neither a form nor JSON.") from None
    try:
        return InstallComplete.model_validate(fields)
    except ValidationError as error:
        raise RequestValidationError(error.errors()) from None
