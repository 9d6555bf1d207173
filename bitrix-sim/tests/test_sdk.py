"""The official b24pysdk, unmodified, takes the simulator for Bitrix24.

It builds `https://{domain}/rest/...` and `https://oauth.bitrix24.tech/...` by itself. So the simulator listens
with TLS, a CONNECT proxy stands for the internet, and the SDK's `requests` finds both by the usual variables
HTTPS_PROXY and REQUESTS_CA_BUNDLE.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import pytest
from b24pysdk import BitrixApp, BitrixToken, Client, errors
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from httpx import AsyncClient
from starlette.types import ASGIApp

from b24sim.app import build_app
from b24sim.config import Settings
from b24sim.testing import FakeClock, Sim, serving

DOMAIN = "romashka-demo.bitrix24.ru"
NAMES = (DOMAIN, "oauth.bitrix24.tech")
Result = TypeVar("Result")


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A self-signed certificate for the names of Bitrix24, with its key, in one PEM file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "b24sim")])
    names = x509.SubjectAlternativeName([x509.DNSName(host) for host in NAMES])
    now = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(names, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path = tmp_path_factory.mktemp("tls") / "b24sim.pem"
    path.write_bytes(signed.public_bytes(pem) + private)
    return path


@asynccontextmanager
async def internet(port: int) -> AsyncIterator[str]:
    """A CONNECT proxy that leads every name to `port` of the loopback; gives its address."""

    async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while chunk := await reader.read(65536):
            writer.write(chunk)
            await writer.drain()
        writer.close()

    async def connect(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        upstream = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        await asyncio.gather(pump(reader, upstream[1]), pump(upstream[0], writer), return_exceptions=True)

    async with await asyncio.start_server(connect, "127.0.0.1", 0) as server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


@pytest.fixture
async def cloud(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[tuple[Sim, FakeClock]]:
    clock = FakeClock(datetime.now(UTC).timestamp())

    def build(url: str) -> ASGIApp:
        return build_app(replace(Settings(), url=url), clock)

    async with serving(build, str(certificate)) as url, internet(urlsplit(url).port or 0) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy)
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
        monkeypatch.delenv("NO_PROXY", raising=False)
        monkeypatch.delenv("no_proxy", raising=False)
        async with AsyncClient(base_url=url, verify=False, trust_env=False) as http:
            yield Sim(http, url), clock


@pytest.fixture
async def token(cloud: tuple[Sim, FakeClock]) -> BitrixToken:
    """A token of the admin of Romashka, 120 employees, a bot."""
    sim, _ = cloud
    portal = await sim.portal(domain=DOMAIN, users_count=120, limits="off", installed=True)
    await sim.bot(portal, "https://app.example/events")
    app = BitrixApp(client_id="app.local.teachbase", client_secret="local-secret")
    admin = portal["admin"]
    return BitrixToken(
        domain=DOMAIN, auth_token=admin["access_token"], refresh_token=admin["refresh_token"], bitrix_app=app
    )


async def in_thread(work: Callable[[], Result]) -> Result:
    """The SDK blocks, and the simulator serves in this very loop."""
    return await asyncio.to_thread(work)


async def test_an_ended_token_is_refreshed_by_the_sdk(cloud: tuple[Sim, FakeClock], token: BitrixToken) -> None:
    before = token.auth_token
    cloud[1].now += 3600

    answer = await in_thread(lambda: token.call_method("profile"))

    assert answer["result"]["LAST_NAME"] == "Смирнова"
    assert token.auth_token != before
    assert (await cloud[0].control("GET", "/stats"))["refreshes"] == 1


async def test_the_sdk_reads_users_page_by_page(token: BitrixToken) -> None:
    users = await in_thread(lambda: Client(token).user.get(filter={"ACTIVE": True}).as_list().result)

    assert [int(user["ID"]) for user in users] == list(range(1, 121))


async def test_the_sdk_drives_bots_of_the_second_generation(
    cloud: tuple[Sim, FakeClock], token: BitrixToken
) -> None:
    bots: Any = Client(token).imbot.v2

    listed = await in_thread(lambda: bots.bot.list().result)
    revision = await in_thread(lambda: bots.revision.get().result)
    sent = await in_thread(
        lambda: bots.chat.message.send(bot_id=812, dialog_id="2", fields={"message": "Привет"}).result
    )

    assert [bot["code"] for bot in listed["bots"]] == ["teachbase_ai_assistant"]
    assert revision["rest"] >= 33
    portal = {"member_id": (await cloud[0].control("GET", "/portals"))["items"][0]["member_id"]}
    assert [(item["id"], item["text"]) for item in await cloud[0].seen(portal)] == [(sent["id"], "Привет")]


async def test_the_sdk_calls_in_batches(token: BitrixToken) -> None:
    answer = await in_thread(
        lambda: token.call_batch({"p": ("profile", {}), "u": ("user.get", {"FILTER": {"@ID": [2, 3]}})})
    )

    assert answer["result"]["result"]["p"]["ID"] == "1"
    assert [user["ID"] for user in answer["result"]["result"]["u"]] == ["2", "3"]


async def test_the_sdk_verifies_a_token_at_the_oauth_server(token: BitrixToken) -> None:
    info = await in_thread(token.get_app_info)

    assert info.result.install.domain == DOMAIN


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("throttle_503", errors.BitrixAPIQueryLimitExceeded),
        ("payment_required", errors.BitrixAPIPaymentRequired),
        ("server_error_after", errors.BitrixAPIInternalServerError),
        ("http_502_html", errors.BitrixResponseJSONDecodeError),
        ("close_after_accept", errors.BitrixRequestError),
    ],
)
async def test_the_sdk_names_each_fault(
    cloud: tuple[Sim, FakeClock], token: BitrixToken, kind: str, error: type[Exception]
) -> None:
    await cloud[0].control("PUT", f"/portals/{DOMAIN}/faults", [{"kind": kind, "method": "profile"}])

    with pytest.raises(error):
        await in_thread(lambda: token.call_method("profile", max_retries=1))


async def test_the_sdk_tells_a_missing_method(token: BitrixToken) -> None:
    with pytest.raises(errors.BitrixAPIError, match="Method not found"):
        await in_thread(lambda: token.call_method("no.such.method"))


async def test_the_sdk_gives_up_where_nothing_is_answered(
    cloud: tuple[Sim, FakeClock], token: BitrixToken
) -> None:
    await cloud[0].control("PUT", f"/portals/{DOMAIN}/faults", [{"kind": "hang", "method": "profile"}])

    with pytest.raises(errors.BitrixRequestTimeout):
        await in_thread(lambda: token.call_method("profile", timeout=0.3))


@pytest.mark.parametrize(
    ("params", "error"),
    [
        ({"botId": 812, "dialogId": "999", "fields": {"message": "x"}}, errors.BitrixAPIAccessDenied),
        ({"botId": 1, "dialogId": "2", "fields": {"message": "x"}}, errors.BitrixAPIError),
        ({"botId": 812, "dialogId": "2", "fields": {"message": " "}}, errors.BitrixAPIBadRequest),
    ],
)
async def test_the_sdk_names_a_send_that_is_refused(
    cloud: tuple[Sim, FakeClock], token: BitrixToken, params: dict[str, Any], error: type[Exception]
) -> None:
    with pytest.raises(error):
        await in_thread(lambda: token.call_method("imbot.v2.Chat.Message.send", params))

    portal = {"member_id": (await cloud[0].control("GET", "/portals"))["items"][0]["member_id"]}
    assert await cloud[0].seen(portal) == []


async def test_the_sdk_tells_that_the_application_is_gone(
    cloud: tuple[Sim, FakeClock], token: BitrixToken
) -> None:
    await cloud[0].control("POST", f"/portals/{DOMAIN}/uninstall", {"clean": False})

    with pytest.raises(errors.BitrixAPIErrorOAuth):
        await in_thread(lambda: token.call_method("profile"))


async def test_the_sdk_reads_what_a_batch_refused(token: BitrixToken) -> None:
    answer = await in_thread(lambda: token.call_batch({"good": ("profile", {}), "bad": ("no.such.method", {})}))

    assert answer["result"]["result"]["good"]["ID"] == "1"
    assert answer["result"]["result_error"]["bad"]["error"] == "ERROR_METHOD_NOT_FOUND"
