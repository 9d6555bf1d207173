"""One HTTP exchange with Bitrix24: bounded, decoded, and every failure typed."""

from typing import Any

import httpx
import orjson

from bitrix.endpoint import EndpointPolicy
from bitrix.errors import BitrixError, Kind, from_answer

MAX_ANSWER = 8 * 1024 * 1024


async def exchange(
    http: httpx.AsyncClient, policy: EndpointPolicy, method: str, request: httpx.Request
) -> dict[str, Any]:
    """Send a request and return its JSON object; `method` names the call in errors.

    Raises BitrixError: UNKNOWN once the request may have arrived and no readable answer came.
    """
    policy.check_url(str(request.url))
    try:
        response = await http.send(request, stream=True)
    except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol) as error:
        raise BitrixError(Kind.TRANSPORT, "connect_failed", method=method, description=_name(error)) from None
    except httpx.HTTPError as error:
        raise BitrixError(Kind.UNKNOWN, "no_answer", method=method, description=_name(error)) from None
    try:
        body = await _read(response, method)
    finally:
        await response.aclose()
    return _decode(response, body, method)


async def _read(response: httpx.Response, method: str) -> bytes:
    body = bytearray()
    try:
        async for chunk in response.aiter_bytes():
            body += chunk
            if len(body) > MAX_ANSWER:
                raise BitrixError(Kind.UNKNOWN, "answer_too_large", status=response.status_code, method=method)
    except (httpx.HTTPError, httpx.StreamError) as error:
        raise BitrixError(
            Kind.UNKNOWN, "answer_cut", status=response.status_code, method=method, description=_name(error)
        ) from None
    return bytes(body)


def _decode(response: httpx.Response, body: bytes, method: str) -> dict[str, Any]:
    status = response.status_code
    try:
        answer = orjson.loads(body)
    except orjson.JSONDecodeError:
        answer = None
    if isinstance(answer, dict) and answer.get("error") is not None:
        raise from_answer(answer, status, method)
    if isinstance(answer, dict) and status == 200:
        return answer
    # Trap 35: HTML from maintenance or a proxy. After a 5xx the request may have been carried out.
    kind = {302: Kind.SERVER, 429: Kind.THROTTLE, 404: Kind.SERVER, 403: Kind.SERVER}.get(status, Kind.UNKNOWN)
    code = "portal_renamed" if status == 302 else "not_json"
    raise BitrixError(
        kind, code, status=status, method=method, description=f"HTTP {status}, not an answer of REST"
    )


def _name(error: Exception) -> str:
    return type(error).__name__
