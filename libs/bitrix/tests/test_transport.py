"""Every way an exchange can fail, against a small real server: what it was, whether the call may have arrived."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from bitrix import http
from bitrix.client import BitrixClient, Credential
from bitrix.endpoint import EndpointPolicy
from bitrix.errors import BitrixError, Kind

Answer = Callable[[asyncio.StreamWriter], Awaitable[None]]
HTML = b"<html><body>Maintenance</body></html>"


def reply(status: str, body: bytes, *headers: str, length: int | None = None) -> Answer:
    """An HTTP answer; `length` lies about the body's."""
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body) if length is None else length}", *headers, "", ""]

    async def write(writer: asyncio.StreamWriter) -> None:
        writer.write("\r\n".join(lines).encode() + body)
        await writer.drain()

    return write


async def nothing(_writer: asyncio.StreamWriter) -> None:
    """Take the request and hang up."""


@asynccontextmanager
async def portal(answer: Answer) -> AsyncIterator[tuple[BitrixClient, Credential, list[bytes]]]:
    """A portal that answers each request so, and then hangs up."""
    requests: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(
            int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length")
        )
        requests.append(head + await reader.readexactly(length))
        try:
            await answer(writer)
        except ConnectionError:
            pass  # the caller has heard enough
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    address = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
    policy = EndpointPolicy([address])
    pool = http.client(policy)
    try:
        yield BitrixClient(pool, policy), Credential("m", f"http://{address}/rest/", "the-token"), requests
    finally:
        await pool.aclose()
        server.close()
        await server.wait_closed()


CASES: dict[str, tuple[Answer, Kind, str]] = {
    "html with 200": (reply("200 OK", HTML), Kind.UNKNOWN, "not_json"),
    "html with 502": (reply("502 Bad Gateway", HTML), Kind.UNKNOWN, "not_json"),
    "html with 503": (reply("503 Service Unavailable", HTML), Kind.UNKNOWN, "not_json"),
    "html with 404": (reply("404 Not Found", HTML), Kind.SERVER, "not_json"),
    "a JSON list": (reply("200 OK", b"[1]"), Kind.UNKNOWN, "not_json"),
    "JSON cut by its length": (reply("200 OK", b'{"result": {"id": 7', length=100), Kind.UNKNOWN, "answer_cut"),
    "JSON cut by itself": (reply("200 OK", b'{"result": {"id": 7'), Kind.UNKNOWN, "not_json"),
    "an error in a 200": (reply("200 OK", b'{"error": "ERROR_ARGUMENT"}'), Kind.REQUEST, "ERROR_ARGUMENT"),
    "an empty error code": (reply("400 Bad Request", b'{"error": ""}'), Kind.REQUEST, "EMPTY_ERROR_CODE"),
    "a renamed portal": (
        reply("302 Found", b"", "Location: https://new.bitrix24.ru/rest/profile"),
        Kind.TRANSPORT,
        "portal_renamed",
    ),
    "429 with HTML": (reply("429 Too Many Requests", HTML), Kind.THROTTLE, "not_json"),
    "429 with a code": (reply("429 Too Many Requests", b'{"error": "X"}'), Kind.THROTTLE, "X"),
    "ten megabytes": (reply("200 OK", b'"' + b"x" * 10 * 1024 * 1024 + b'"'), Kind.UNKNOWN, "answer_too_large"),
    "dropped after the request": (nothing, Kind.UNKNOWN, "no_answer"),
    "not HTTP": (reply("nonsense", b""), Kind.UNKNOWN, "no_answer"),
}


@pytest.mark.parametrize("case", CASES)
async def test_a_failure_is_of_its_kind(case: str) -> None:
    answer, kind, code = CASES[case]

    async with portal(answer) as (client, credential, requests):
        with pytest.raises(BitrixError) as failed:
            await client.call(credential, "profile", {})

    assert (failed.value.kind, failed.value.code, failed.value.method) == (kind, code, "profile")
    assert len(requests) == 1
    assert "the-token" not in str(failed.value)


async def test_a_refused_connection_certainly_did_not_arrive() -> None:
    async with portal(nothing) as (client, _, requests):
        refused = Credential("m", "http://127.0.0.1:1/rest/", "the-token")
        client.policy._names.add("127.0.0.1:1")
        with pytest.raises(BitrixError) as failed:
            await client.call(refused, "profile", {})

    assert (failed.value.kind, failed.value.code, failed.value.status) == (Kind.TRANSPORT, "connect_failed", 0)
    assert requests == []


async def test_a_call_travels_with_its_token_in_the_body_and_gives_the_result() -> None:
    async with portal(reply("200 OK", b'{"result": {"id": 7}, "time": {}}')) as (client, credential, requests):
        result = await client.call(credential, "imbot.v2.Chat.Message.send", {"botId": 812})

    head, _, body = requests[0].partition(b"\r\n\r\n")
    assert result == {"id": 7}
    assert head.startswith(b"POST /rest/imbot.v2.Chat.Message.send HTTP/1.1")
    assert b"the-token" not in head
    assert body == b'{"botId":812,"auth":"the-token"}'
