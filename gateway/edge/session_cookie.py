"""The console's refresh token: a cookie that no script reads and no other site sends (docs/adr/0028)."""

from fastapi import Request, Response

from edge.errors import ApiError

NAME = "tb_admin_refresh"
PATH = "/v1/admin/auth"
CONSOLE = "x-teachbase-console"
"""Sent by the console. A page of another site cannot, unless we allow it, and we allow nobody."""


def is_console(request: Request) -> bool:
    """Return whether the console asks: its refresh token is in the cookie alone."""
    return CONSOLE in request.headers


def keep(request: Request, response: Response, refresh_token: str) -> None:
    """Have the browser keep a refresh token until it is closed; in clear text in development alone."""
    is_secure = request.url.scheme == "https" or request.app.state.env != "dev"
    response.set_cookie(NAME, refresh_token, path=PATH, secure=is_secure, httponly=True, samesite="strict")


def drop(response: Response) -> None:
    """Have the browser forget it."""
    response.delete_cookie(NAME, path=PATH, httponly=True, samesite="strict")


def refresh_token(request: Request) -> str:
    """Return the refresh token of a request that brings none in its body. Raises ApiError 401, 403."""
    found = request.cookies.get(NAME, "")
    if not found:
        raise ApiError(401, "unauthorized", "Send a refresh token.")
    # A sibling domain is the same site, so that SameSite alone lets it pass.
    if not is_console(request) or request.headers.get("sec-fetch-site", "same-origin") != "same-origin":
        raise ApiError(403, "cross_site_request", "Only the console itself may use its session.")
    return found
