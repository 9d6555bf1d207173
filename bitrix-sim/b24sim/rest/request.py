"""Reading a REST request: path, parameters and token, with the quirks of the core (contract 3.1)."""

from typing import Any

import orjson
from starlette.types import Scope

from b24sim.asgi import header
from b24sim.portal import Portal
from b24sim.rest.call import RestError
from b24sim.rest.params import as_text
from b24sim.tokens import TokenStore
from bitrix import phpform


def method_of(path: str) -> str:
    """`User.get.json` -> `user.get`: the core minds neither case nor suffix."""
    return path.strip("/").lower().removesuffix(".json").removesuffix(".xml")


def params_of(scope: Scope, body: bytes) -> dict[str, Any]:
    """Query and body merged. JSON counts only with its Content-Type; malformed bodies have no parameters."""
    params: dict[str, Any] = {}
    if scope["query_string"]:
        params.update(phpform.decode(scope["query_string"]).fields)
    if body:
        params.update(_json(body) if "json" in header(scope, b"content-type") else phpform.decode(body).fields)
    return params


def token_of(scope: Scope, params: dict[str, Any]) -> str:
    """The token of the body, the query or the Authorization header; takes `auth` out of `params`."""
    token = as_text(params.pop("auth", "")) or as_text(params.pop("access_token", ""))
    return token or header(scope, b"authorization").removeprefix("Bearer ")


def authorize(token: str, portal: Portal, tokens: TokenStore, now: float) -> int:
    """Whose call it is; raises RestError of class token (contract 3.5)."""
    if not token:
        raise RestError("NO_AUTH_FOUND", "Wrong authorization data", 401)
    if portal.uninstalled:
        raise RestError("ERROR_OAUTH", "Application not installed", 401)
    grant = tokens.access.get(token)
    if grant is None or grant.member_id != portal.member_id:
        raise RestError("invalid_token", "Unable to get application by token", 401)
    if grant.expires <= now:
        raise RestError("expired_token", "The access token provided has expired.", 401)
    user = portal.users.get(grant.user_id)
    if user is not None and not user.active:
        raise RestError("authorization_error", "Unable to authorize user", 401)
    return grant.user_id


def expire(token: str, tokens: TokenStore, now: float) -> None:
    """End a token at once, so that only a refresh helps."""
    grant = tokens.access.get(token)
    if grant is not None:
        grant.expires = now


def _json(body: bytes) -> dict[str, Any]:
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError:
        return {}
    return value if isinstance(value, dict) else {}
