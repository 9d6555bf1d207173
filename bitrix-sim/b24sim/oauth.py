"""The OAuth server: /oauth/token/ and /rest/app.info (contract 1.5, 2)."""

from typing import Any
from urllib.parse import urlencode, urlsplit

import orjson
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response

from b24sim.clock import iso
from b24sim.cloud import Cloud
from b24sim.portal import Portal
from b24sim.rest.envelope import time_block
from b24sim.tokens import Grant
from bitrix import phpform


class OAuthError(Exception):
    """A refusal of the OAuth server: code, description, HTTP status (contract 2.3)."""

    def __init__(self, code: str, description: str, status: int = 400) -> None:
        super().__init__(code)
        self.code, self.description, self.status = code, description, status


async def token(request: Request) -> Response:
    """Exchange a code or a refresh token for a new pair; the old refresh token works once."""
    cloud: Cloud = request.app.state.cloud
    fields = {**dict(request.query_params), **phpform.decode(await request.body()).fields}
    try:
        return _json(_exchange(cloud, {key: str(value) for key, value in fields.items()}))
    except OAuthError as error:
        return _refusal(error)


async def authorize(request: Request) -> Response:
    """The portal's own page: sends its administrator, or `user_id`, back to us with a code (contract 2.1)."""
    cloud: Cloud = request.app.state.cloud
    portal = cloud.domains.get(request.path_params["domain"])
    asked = request.query_params
    if portal is None or portal.uninstalled or asked.get("client_id") != cloud.settings.client_id:
        return PlainTextResponse("The application is not installed", 404)
    admins = [user.id for user in portal.users.values() if user.admin and user.active]
    user_id = int(asked.get("user_id", "") or admins[0])
    given = {
        "code": cloud.tokens.mint_code(portal, user_id, cloud.clock()),
        "state": asked.get("state", ""),
        "domain": portal.domain,
        "member_id": portal.member_id,
        "scope": portal.scope,
        "server_domain": urlsplit(cloud.server_endpoint).netloc,
    }
    return RedirectResponse(f"{cloud.settings.product_url}/v1/bitrix/oauth/callback?{urlencode(given)}", 302)


async def app_info(request: Request) -> Response:
    """Whose token `?auth=` is: application, portal and user. An unknown or ended token is invalid_client."""
    cloud: Cloud = request.app.state.cloud
    given = {**phpform.decode(await request.body()).fields, **dict(request.query_params)}
    grant = cloud.tokens.access.get(str(given.get("auth", "")))
    if grant is None:
        return _refusal(OAuthError("invalid_client", "Invalid client", 400))
    portal = cloud.portals[grant.member_id]
    now = cloud.clock()
    if grant.expires <= now:
        return _refusal(OAuthError("expired_token", "The access token provided has expired.", 401))
    return _json({"result": _info(cloud, portal, grant), "time": time_block(now, 0.0)})


def _exchange(cloud: Cloud, fields: dict[str, str]) -> dict[str, Any]:
    kind = fields.get("grant_type")
    if kind not in {"refresh_token", "authorization_code"}:
        raise OAuthError("invalid_request", "Grant type is not supported")
    if (fields.get("client_id"), fields.get("client_secret")) != (
        cloud.settings.client_id,
        cloud.settings.client_secret,
    ):
        raise OAuthError("invalid_client", "The client credentials are invalid")
    now = cloud.clock()
    if kind == "refresh_token":
        grant = cloud.tokens.refresh.get(fields.get("refresh_token", ""))
        refusal = OAuthError("invalid_grant", "The refresh token is invalid, expired, revoked or used")
    else:
        grant = cloud.tokens.codes.get(fields.get("code", ""))
        refusal = OAuthError("bad_verification_code", "The code is incorrect, expired or used")
    if grant is None or grant.expires <= now:
        raise refusal
    portal = _usable(cloud, grant)
    # one time only, also when the answer is lost on its way (contract 2.4)
    cloud.tokens.refresh.pop(fields.get("refresh_token", ""), None)
    cloud.tokens.codes.pop(fields.get("code", ""), None)
    return _pair(cloud, portal, grant.user_id, now)


def _usable(cloud: Cloud, grant: Grant) -> Portal:
    portal = cloud.portals[grant.member_id]
    if portal.uninstalled:
        raise OAuthError("NOT_INSTALLED", "Application not installed", 401)
    user = portal.users.get(grant.user_id)
    if user is not None and not user.active:
        raise OAuthError("invalid_grant", "Unable to authorize user")
    return portal


def _pair(cloud: Cloud, portal: Portal, user_id: int, now: float) -> dict[str, Any]:
    pair = cloud.tokens.mint(portal, user_id, now)
    cloud.changed.set()
    portal.counts["refreshes"] += 1
    return {
        "access_token": pair.access,
        "client_endpoint": cloud.client_endpoint(portal),
        "domain": "oauth.bitrix24.tech",
        "expires": pair.expires,
        "expires_in": portal.token_ttl,
        "member_id": portal.member_id,
        "refresh_token": pair.refresh,
        "scope": portal.scope,
        "server_endpoint": cloud.server_endpoint,
        "status": portal.status,
        "user_id": user_id,
    }


def _info(cloud: Cloud, portal: Portal, grant: Grant) -> dict[str, Any]:
    return {
        "client_id": cloud.settings.client_id,
        "scope": portal.scope,
        "expires": iso(grant.expires),
        "install": {
            "installed": portal.installed,
            "version": str(portal.version),
            "status": portal.status,
            "scope": portal.scope,
            "domain": portal.domain,
            "uri": f"https://{portal.domain}",
            "client_endpoint": cloud.client_endpoint(portal),
            "member_id": portal.member_id,
            "member_type": "",
        },
        "user_id": grant.user_id,
    }


def _json(body: dict[str, Any], status: int = 200) -> Response:
    return Response(orjson.dumps(body), status, media_type="application/json")


def _refusal(error: OAuthError) -> Response:
    return _json({"error": error.code, "error_description": error.description}, error.status)
