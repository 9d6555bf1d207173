"""The OAuth server, simulated: whose token it is, a new pair for an old one, and each refusal by its kind."""

import asyncio
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import pytest

from b24sim.testing import FakeClock, Sim, simulator
from bitrix import http
from bitrix import oauth as oauth_module
from bitrix.endpoint import EndpointPolicy
from bitrix.errors import BitrixError, Kind
from bitrix.oauth import OAuthServer

CLIENT_ID, CLIENT_SECRET = "app.local.teachbase", "local-secret"


@pytest.fixture(scope="module")
async def sim() -> AsyncIterator[Sim]:
    async with simulator(FakeClock()) as sim:
        yield sim


@pytest.fixture
async def oauth(sim: Sim) -> AsyncIterator[OAuthServer]:
    policy = EndpointPolicy([urlsplit(sim.url).netloc, "127.0.0.1:1"])
    pool = http.client(policy)
    yield OAuthServer(pool, policy, sim.url, CLIENT_ID, CLIENT_SECRET)
    await pool.aclose()


async def test_it_says_whose_token_it_is(sim: Sim, oauth: OAuthServer) -> None:
    portal = await sim.portal()

    info = await oauth.app_info(portal["admin"]["access_token"], "https://evil.example.test/rest/")

    assert (info.client_id, info.member_id, info.user_id) == (CLIENT_ID, portal["member_id"], 1)
    assert (info.client_endpoint, info.domain) == (portal["client_endpoint"], portal["domain"])
    assert not info.installed


async def test_a_refresh_gives_a_new_pair_and_the_old_one_is_spent(sim: Sim, oauth: OAuthServer) -> None:
    portal = await sim.portal(token_ttl=1800)
    old = portal["admin"]["refresh_token"]

    pair = await oauth.refresh(old, "")
    with pytest.raises(BitrixError) as spent:
        await oauth.refresh(old, "")

    assert (pair.member_id, pair.expires_in) == (portal["member_id"], 1800)
    assert pair.client_endpoint == portal["client_endpoint"]
    assert (spent.value.kind, spent.value.code) == (Kind.RIGHTS, "INVALID_GRANT")
    assert old not in str(spent.value)
    assert pair.access_token not in repr(pair)


async def test_an_unknown_token_is_refused_for_good(oauth: OAuthServer) -> None:
    with pytest.raises(BitrixError) as refused:
        await oauth.app_info("deadbeef", "")

    assert (refused.value.status, refused.value.code) == (400, "INVALID_CLIENT")


async def test_a_wrong_secret_is_told_from_a_wrong_token(sim: Sim, oauth: OAuthServer) -> None:
    portal = await sim.portal()
    oauth._client_secret = "wrong"

    with pytest.raises(BitrixError) as refused:
        await oauth.refresh(portal["admin"]["refresh_token"], "")

    assert refused.value.kind is Kind.UNINSTALLED


async def test_a_server_that_is_away_refused_nothing(oauth: OAuthServer) -> None:
    oauth._base_url = "http://127.0.0.1:1"

    with pytest.raises(BitrixError) as away:
        await oauth.app_info("any", "")

    assert away.value.kind is Kind.TRANSPORT


async def test_a_server_that_hangs_is_left_in_time_for_the_lease_of_a_refresh(
    oauth: OAuthServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert oauth_module.TOTAL_S <= 8
    monkeypatch.setattr(oauth_module, "TOTAL_S", 0.2)
    silent = await asyncio.start_server(lambda _reader, writer: writers.append(writer), "127.0.0.1", 0)
    writers: list[asyncio.StreamWriter] = []
    address = f"127.0.0.1:{silent.sockets[0].getsockname()[1]}"
    oauth._base_url = f"http://{address}"
    oauth._policy._names.add(address)

    with pytest.raises(BitrixError) as hung:
        await oauth.refresh("any", "")

    assert (hung.value.kind, hung.value.code) == (Kind.UNKNOWN, "deadline")
    for writer in writers:
        writer.close()
    silent.close()
    await silent.wait_closed()


@pytest.mark.parametrize(
    ("claimed", "asked"),
    [
        ("https://oauth.bitrix24.tech/rest/", "https://oauth.bitrix24.tech"),
        ("https://oauth.bitrix.info/rest/", "https://oauth.bitrix.info"),
        ("https://oauth.bitrix.info.evil.example/rest/", "https://oauth.bitrix24.tech"),
        ("https://oauth.bitrix.info@evil.example/rest/", "https://oauth.bitrix24.tech"),
        ("http://169.254.169.254/", "https://oauth.bitrix24.tech"),
        ("", "https://oauth.bitrix24.tech"),
    ],
)
def test_only_the_two_regions_are_ever_asked(oauth: OAuthServer, claimed: str, asked: str) -> None:
    oauth._base_url = ""

    assert oauth._base(claimed) == asked
