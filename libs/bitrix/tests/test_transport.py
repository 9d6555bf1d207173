"""Every way an exchange can fail, against a small real server: what it was, whether the call may have arrived."""

import asyncio
import gzip
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from bitrix import client as client_module
from bitrix import http
from bitrix.client import PER_PORTAL, BitrixClient, Credential
from bitrix.endpoint import EndpointPolicy
from bitrix.errors import BitrixError, Kind
from bitrix.transport import MAX_RETRY_AFTER_S

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
        try:
            head = await reader.readuntil(b"\r\n\r\n")
        except asyncio.IncompleteReadError:
            writer.close()  # connected too late to ask
            return
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
    "429 that asks to wait": (
        reply("429 Too Many Requests", b"{}", "Retry-After: 7"),
        Kind.THROTTLE,
        "not_json",
    ),
    "another charset": (reply("200 OK", '{"result": "Привет"}'.encode("cp1251")), Kind.UNKNOWN, "not_json"),
    "a byte order mark": (reply("200 OK", b"\xef\xbb\xbf{}"), Kind.UNKNOWN, "not_json"),
    "packed, though nobody asked": (
        reply("200 OK", gzip.compress(b'{"result": 1}'), "Content-Encoding: gzip"),
        Kind.UNKNOWN,
        "not_json",
    ),
    "nothing at all": (reply("200 OK", b""), Kind.UNKNOWN, "not_json"),
    "deep JSON": (reply("200 OK", b"[" * 100_000), Kind.UNKNOWN, "not_json"),
    "an error that is a map": (reply("400 Bad Request", b'{"error": {"a": 1}}'), Kind.REQUEST, "{'A': 1}"),
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


@pytest.mark.parametrize(
    ("told", "seconds"),
    [
        ("7", 7),
        ("0.5", 0.5),
        ("-3", 0),
        ("86400", MAX_RETRY_AFTER_S),
        ("Fri, 31 Dec 9999 23:59:59 GMT", MAX_RETRY_AFTER_S),
        ("Thu, 01 Jan 1970 00:00:00 GMT", 0),
        ("nan", None),
        ("inf", None),
        ("soon", None),
        ("", None),
    ],
)
async def test_a_wish_to_wait_is_heard_within_bounds(told: str, seconds: float | None) -> None:
    async with portal(reply("503 Busy", b'{"error": "X"}', f"Retry-After: {told}")) as (client, credential, _):
        with pytest.raises(BitrixError) as failed:
            await client.call(credential, "profile", {})

    assert failed.value.retry_after_s == seconds


async def drip(writer: asyncio.StreamWriter) -> None:
    """Send a byte now and then: no single step ever takes too long."""
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
    for _ in range(1000):
        writer.write(b" ")
        await writer.drain()
        await asyncio.sleep(0.05)


async def test_a_portal_that_drips_is_left_at_the_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_module, "TOTAL_S", 0.3)
    loop = asyncio.get_running_loop()

    async with portal(drip) as (client, credential, _):
        started = loop.time()
        with pytest.raises(BitrixError) as failed:
            await client.call(credential, "profile", {})

    assert (failed.value.kind, failed.value.code) == (Kind.UNKNOWN, "deadline")
    assert loop.time() - started < 5  # it would drip for 50 s


async def test_a_hanging_portal_takes_its_share_of_connections_only(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(client_module, "TOTAL_S", 1.5)
    monkeypatch.setattr(client_module, "PLACE_S", 0.3)

    async with portal(drip) as (client, hanging, requests), portal(reply("200 OK", b'{"result": 1}')) as other:
        client.policy._names |= other[0].policy._names
        calls = [asyncio.create_task(client.call(hanging, "profile", {})) for _ in range(PER_PORTAL * 5)]
        await asyncio.sleep(0.1)
        answer = await client.call(replace(other[1], member_id="other"), "profile", {})
        failures = await asyncio.gather(*calls, return_exceptions=True)

    assert answer == 1
    assert len(requests) == PER_PORTAL
    codes = [failure.code for failure in failures if isinstance(failure, BitrixError)]
    assert sorted(codes) == ["connections_in_use"] * PER_PORTAL * 4 + ["deadline"] * PER_PORTAL


@pytest.mark.parametrize("bad", ["\ud800", 1 << 70])
async def test_what_cannot_be_written_as_json_is_refused_here(bad: object) -> None:
    async with portal(nothing) as (client, credential, requests):
        with pytest.raises(BitrixError) as failed:
            await client.call(credential, "profile", {"x": bad})

    assert (failed.value.kind, failed.value.code) == (Kind.REQUEST, "not_encodable")
    assert requests == []


@pytest.mark.parametrize("body", [b"{}", b'{"result": null, "time": [], "total": "x", "next": []}'])
async def test_missing_or_strange_parts_of_an_envelope_are_their_defaults(body: bytes) -> None:
    async with portal(reply("200 OK", body)) as (client, credential, _):
        answer = await client.ask(credential, "profile", {})

    assert answer == client_module.Answer(None)
