"""Every error of the API as one envelope: {error, trace_id, message, detail}."""

from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from grpc import StatusCode
from starlette.exceptions import HTTPException

from kit import trace
from kit.errors import PeerError

_HTTP = {
    StatusCode.INVALID_ARGUMENT: 400,
    StatusCode.UNAUTHENTICATED: 401,
    StatusCode.PERMISSION_DENIED: 403,
    StatusCode.NOT_FOUND: 404,
    StatusCode.ALREADY_EXISTS: 409,
    StatusCode.FAILED_PRECONDITION: 409,
    StatusCode.RESOURCE_EXHAUSTED: 429,
    StatusCode.UNAVAILABLE: 503,
    StatusCode.DEADLINE_EXCEEDED: 504,
    StatusCode.OUT_OF_RANGE: 413,
}
_NAMES = {
    400: "bad_request",
    401: "unauthorized",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    413: "body_too_large",
    415: "unsupported_media_type",
    503: "unavailable",
}


class ApiError(Exception):
    """An error of the edge itself. `error` is a stable machine code in lower case."""

    def __init__(self, status: int, error: str, message: str, detail: dict[str, Any] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.error = error
        self.message = message
        self.detail = detail or {}


def envelope(status: int, error: str, message: str, detail: Any = None) -> JSONResponse:
    """Return an error answer."""
    body = {"error": error, "trace_id": trace.current.get(), "message": message, "detail": detail or {}}
    headers = {}
    if status == 429:
        headers["Retry-After"] = str((detail or {}).get("retry_after_s", 60))
    if status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    return JSONResponse(body, status, headers)


def of_peer(error: PeerError) -> JSONResponse:
    """Return the answer for what a context said."""
    return envelope(_HTTP.get(error.status, 502), error.reason.lower(), error.message, error.detail)


def install(app: FastAPI) -> None:
    """Map every exception that is meant to be one to the envelope; what is not is edge.trace's."""

    @app.exception_handler(ApiError)
    async def api_error(_request: Request, error: ApiError) -> JSONResponse:
        return envelope(error.status, error.error, error.message, error.detail)

    @app.exception_handler(PeerError)
    async def peer_error(_request: Request, error: PeerError) -> JSONResponse:
        return of_peer(error)

    @app.exception_handler(HTTPException)
    async def http_error(_request: Request, error: HTTPException) -> JSONResponse:
        answer = envelope(error.status_code, _NAMES.get(error.status_code, "http_error"), str(error.detail))
        answer.headers.update(error.headers or {})
        return answer

    @app.exception_handler(RequestValidationError)
    async def invalid(_request: Request, error: RequestValidationError) -> JSONResponse:
        problems = [
            {"field": ".".join(map(str, problem["loc"])), "problem": problem["msg"]} for problem in error.errors()
        ]
        return envelope(422, "validation_failed", "The request has invalid fields.", {"problems": problems})
