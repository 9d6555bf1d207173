"""The HTTP face of a portal: limits and faults first, then the method (contract 3)."""

import asyncio
import time
from dataclasses import dataclass
from typing import Any, Final

from starlette.types import Receive, Scope, Send

from b24sim.asgi import HTML, JSON, BodyTooLargeError, drop, hang, read_body, redirect, respond
from b24sim.clock import utc
from b24sim.cloud import Cloud
from b24sim.faults import Fault, strike
from b24sim.portal import Portal
from b24sim.rest import batch, envelope
from b24sim.rest.call import Call, RestError
from b24sim.rest.refusals import REFUSALS, TOO_LONG, TOO_MANY
from b24sim.rest.registry import perform
from b24sim.rest.request import authorize, expire, method_of, params_of, token_of

NOT_FOUND_PAGE: Final = b"<html><head><title>404 Not Found</title></head><body>Portal not found</body></html>"
TOO_LARGE_PAGE: Final = b"<html><head><title>413 Request Entity Too Large</title></head></html>"
BAD_GATEWAY_PAGE: Final = b"<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>"
PAGES: Final = {"http_502_html": (502, BAD_GATEWAY_PAGE), "portal_deleted": (404, NOT_FOUND_PAGE)}


@dataclass(frozen=True, slots=True)
class Answer:
    """Status and body, and what the log says about it."""

    status: int
    body: bytes
    error: str = ""
    user_id: int = 0
    content_type: bytes = JSON


@dataclass(frozen=True, slots=True)
class PortalRest:
    """ASGI endpoint of every portal's REST; no framework between it and the server, for it is the hot path."""

    cloud: Cloud

    async def serve(self, domain: str, path: str, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one call to `{client_endpoint}{path}`, or break as a fault says."""
        try:
            body = await read_body(receive)
        except BodyTooLargeError:
            await respond(send, 413, TOO_LARGE_PAGE, HTML)
            return
        portal = self.cloud.domains.get(domain)
        if portal is None:
            await respond(send, 404, NOT_FOUND_PAGE, HTML)
            return
        if domain != portal.domain:
            await redirect(send, f"{self.cloud.client_endpoint(portal)}{path}")
            return
        method, at, started = method_of(path), self.cloud.clock(), time.perf_counter()
        fault: Fault | None = None
        if not portal.live.bucket.take(portal.limits, at):
            answer = self._violation(portal, method, at)
        else:
            fault = strike(portal.faults, method, self.cloud.chance) if portal.faults else None
            if fault is not None and fault.delay_ms:
                await asyncio.sleep(fault.delay_ms / 1000)
            answer = self._answer(portal, method, fault, params_of(scope, body), scope, started)
        _log(portal, method, at, answer, fault, started)
        match fault.kind if fault else "":
            case "hang":
                await hang(receive)
            case "close_before" | "close_halfway" | "close_after_accept":
                await drop(scope, receive)
            case _:
                await respond(send, answer.status, answer.body, answer.content_type)

    def _answer(
        self,
        portal: Portal,
        method: str,
        fault: Fault | None,
        params: dict[str, Any],
        scope: Scope,
        started: float,
    ) -> Answer:
        kind = fault.kind if fault else ""
        now = self.cloud.clock()
        if kind in {"hang", "close_before"} or (kind == "close_halfway" and method != "batch"):
            return Answer(0, b"", kind)
        if kind == "close_halfway":
            params = batch.first_half(params)
        if kind in PAGES:
            status, page = PAGES[kind]
            return Answer(status, page, kind, content_type=HTML)
        token = token_of(scope, params)
        if kind == "expired_token":
            expire(token, self.cloud.tokens, now)
        if kind in REFUSALS:
            return _refusal(REFUSALS[kind])
        try:
            user_id = authorize(token, portal, self.cloud.tokens, now)
            answer = self._perform(portal, method, user_id, params, kind, started)
        except RestError as error:
            answer = _refusal(error)
        if kind == "server_error_after":
            return _refusal(RestError("INTERNAL_SERVER_ERROR", "Internal server error", 500))
        return answer

    def _perform(
        self, portal: Portal, method: str, user_id: int, params: dict[str, Any], kind: str, started: float
    ) -> Answer:
        now = self.cloud.clock()
        if portal.live.operating.of(method, now).exhausted:
            raise TOO_LONG
        call = Call(self.cloud, portal, user_id, params, fails_inside=kind == "sending_failed")
        result = perform(method, call)
        took = time.perf_counter() - started
        portal.live.operating.add(method, now, took)
        operating = portal.live.operating.of(method, now)
        return Answer(200, envelope.success(result, call.told_at, took, operating), user_id=user_id)

    def _violation(self, portal: Portal, method: str, at: float) -> Answer:
        portal.counts["violations"] += 1
        level = round(portal.live.bucket.level, 2)
        portal.live.violations.append({"at": utc(at), "method": method, "level": level})
        return _refusal(TOO_MANY)


def _refusal(error: RestError) -> Answer:
    return Answer(error.status, envelope.failure(error), error.code)


def _log(portal: Portal, method: str, at: float, answer: Answer, fault: Fault | None, started: float) -> None:
    portal.counts["requests"] += 1
    portal.by_method[method] += 1
    portal.live.requests.append(
        {
            "at": at,
            "method": method,
            "status": answer.status,
            "error": answer.error,
            "user_id": answer.user_id,
            "fault": fault.kind if fault else None,
            "ms": round((time.perf_counter() - started) * 1000, 2),
        }
    )
