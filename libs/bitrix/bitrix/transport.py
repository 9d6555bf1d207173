"""One HTTP exchange with Bitrix24: bounded in bytes and in time, decoded, and every failure typed."""

import asyncio
import math
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import aiohttp
import orjson

from bitrix.decisions import failure, refusal
from bitrix.endpoint import EndpointPolicy
from bitrix.errors import PortalRenamed
from bitrix.http import Pool

MAX_ANSWER = 8 * 1024 * 1024
MAX_RETRY_AFTER_S = 300.0
"""No server may silence us for longer; Bitrix24 itself sends none (contract 3.4)."""
_REDIRECTS = {301, 302, 303, 307, 308}


@dataclass(frozen=True)
class Request:
    """What to send. The URL may hold a token, as the body does."""

    verb: str
    url: str = field(repr=False)
    body: bytes | None = field(default=None, repr=False)
    content_type: str = ""


async def exchange(
    pool: Pool,
    policy: EndpointPolicy,
    method: str,
    request: Request,
    *,
    ends_at: float,
    portal: str = "",
    secrets: Collection[str] = (),
) -> dict[str, Any]:
    """Send a request and return its JSON object by `ends_at` of the loop's clock, connecting included.

    `method` and `portal` name the call in errors; `secrets` are kept out of them.
    Raises BitrixError: UNKNOWN once the request may have arrived and no readable answer came; PortalRenamed.
    """
    policy.check_url(request.url)
    headers = {"Content-Type": request.content_type} if request.content_type else None
    try:
        async with (
            asyncio.timeout_at(ends_at),
            pool.request(request.verb, request.url, request.body, headers) as response,
        ):
            body = await _read(response, portal, method)
    except (aiohttp.ConnectionTimeoutError, aiohttp.ClientConnectorError, aiohttp.InvalidURL) as error:
        raise failure("connect_failed", portal=portal, method=method, description=_name(error)) from None
    except aiohttp.ClientError as error:
        raise failure("no_answer", portal=portal, method=method, description=_name(error)) from None
    except TimeoutError:
        raise failure("deadline", portal=portal, method=method) from None
    return _decode(response, body, portal, method, secrets)


async def _read(response: aiohttp.ClientResponse, portal: str, method: str) -> bytes:
    body = bytearray()
    try:
        async for chunk in response.content.iter_any():
            body += chunk
            if len(body) > MAX_ANSWER:
                response.close()  # else the rest would be read before the connection is used again
                raise failure("answer_too_large", status=response.status, portal=portal, method=method)
    except aiohttp.ClientError as error:
        raise failure(
            "answer_cut", status=response.status, portal=portal, method=method, description=_name(error)
        ) from None
    return bytes(body)


def _decode(
    response: aiohttp.ClientResponse, body: bytes, portal: str, method: str, secrets: Collection[str]
) -> dict[str, Any]:
    status, retry_after_s = response.status, _retry_after_s(response)
    if status in _REDIRECTS:
        location = response.headers.get("Location", "")
        raise PortalRenamed(location, status=status, portal=portal, method=method)
    try:
        answer = orjson.loads(body)
    except orjson.JSONDecodeError:
        answer = None
    if isinstance(answer, dict) and answer.get("error") is not None:
        raise refusal(answer, status, portal=portal, method=method, secrets=secrets, retry_after_s=retry_after_s)
    if isinstance(answer, dict) and status == 200:
        return answer
    # Trap 35: HTML from maintenance or a proxy. After a 5xx the request may have been carried out.
    raise failure(
        "not_json",
        status=status,
        portal=portal,
        method=method,
        description=f"HTTP {status}, not an answer of REST",
        retry_after_s=retry_after_s,
    )


def _retry_after_s(response: aiohttp.ClientResponse) -> float | None:
    """Return the seconds of `Retry-After`, given as a number or a date, within bounds."""
    told = response.headers.get("Retry-After", "")
    try:
        seconds = float(told)
    except ValueError:
        try:
            seconds = (parsedate_to_datetime(told) - datetime.now(UTC)).total_seconds()
        except (ValueError, TypeError, OverflowError):  # no date, or one without a zone
            return None
    return min(max(seconds, 0.0), MAX_RETRY_AFTER_S) if math.isfinite(seconds) else None


def _name(error: Exception) -> str:
    return type(error).__name__
