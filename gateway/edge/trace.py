"""Outermost middleware: a trace id for every request and answer, one log line each, and no exception past it."""

import time

import structlog
from prometheus_client import Histogram
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from edge.errors import envelope
from kit import trace, tracing

log = structlog.get_logger("access")

SECONDS = Histogram(
    "tb_http_seconds",
    "Time an HTTP request took",
    ["method", "route", "status"],
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
_PROBES = {"/health", "/ready", "/metrics"}
"""Asked every second by machines; logged only when they fail."""
_FAILED = "Something went wrong here. The trace id leads to the cause."
_OTHER = "other"
"""Stands for what has no route: a path is whatever a stranger likes, and a label is not."""
_METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}


class TraceMiddleware:
    """Gives each request a trace id of its own; what a caller sends as one is not taken over.

    What nobody caught ends here as a 500: an exception that reaches the server makes it drop the connection,
    and with it whatever else the proxy has sent over it.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        trace_id = trace.new_trace_id()
        trace.current.set(trace_id)
        with tracing.span("request", "SERVER") as span:
            status = await self._handle(scope, receive, send, trace_id)
            span.tell(f"{scope['method']} {_route(scope)}", **{"http.response.status_code": status})

    async def _handle(self, scope: Scope, receive: Receive, send: Send, trace_id: str) -> int:
        began, status = time.perf_counter(), 0

        async def send_traced(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], (b"x-trace-id", trace_id.encode())]
            await send(message)

        try:
            await self._app(scope, receive, send_traced)
        except Exception as error:
            log.error("request failed", path=scope["path"], exc_info=error, trace_id=trace_id)
            if not status:
                await envelope(500, "internal", _FAILED)(scope, receive, send_traced)
        finally:
            took = time.perf_counter() - began
            method = scope["method"] if scope["method"] in _METHODS else _OTHER
            SECONDS.labels(method, _route(scope), f"{status // 100}xx").observe(took)
            if scope["path"] not in _PROBES or status >= 400:
                log.info(
                    "request",
                    method=method,
                    path=scope["path"],
                    status=status,
                    took_ms=round(took * 1000, 1),
                    trace_id=trace_id,
                    **_about(scope),
                )
        return status


def _route(scope: Scope) -> str:
    """Return the pattern that the path matched: there are as many as routes."""
    return getattr(scope.get("route"), "path", _OTHER)


def _about(scope: Scope) -> dict[str, str]:
    portal_id = scope.get("state", {}).get("portal_id") or scope.get("path_params", {}).get("portal_id")
    return {"portal_id": str(portal_id)} if portal_id else {}
