"""Which addresses may be called: hostile ones are refused by URL or, at the latest, when they are resolved."""

from collections.abc import AsyncIterator

import pytest

from bitrix import http
from bitrix.client import BitrixClient, Credential
from bitrix.endpoint import EndpointPolicy
from bitrix.errors import BitrixError, Kind

TRANSLATED = [
    "https://[64:ff9b::7f00:1]/rest/",
    "https://[64:ff9b:1::7f00:1]/rest/",
    "https://[::7f00:1]/rest/",
    "https://[2002:7f00:1::]/rest/",
]
"""NAT64 and 6to4: public by their prefix, private by the address inside."""
HOSTILE = [
    *TRANSLATED,
    "http://romashka.bitrix24.ru/rest/",
    "ftp://romashka.bitrix24.ru/rest/",
    "file:///etc/passwd",
    "//romashka.bitrix24.ru/rest/",
    "https:///rest/",
    "https://169.254.169.254/latest/meta-data/",
    "https://[fd00:ec2::254]/latest/",
    "https://127.0.0.1/rest/",
    "https://127.1/rest/",
    "https://2130706433/rest/",
    "https://0x7f000001/rest/",
    "https://0x7f.1/rest/",
    "https://0177.0.0.1/rest/",
    "https://0/rest/",
    "https://0.0.0.0/rest/",
    "https://10.0.0.7/rest/",
    "https://172.16.3.4/rest/",
    "https://192.168.1.1/rest/",
    "https://100.64.0.1/rest/",
    "https://224.0.0.1/rest/",
    "https://255.255.255.255/rest/",
    "https://[::1]/rest/",
    "https://[::]/rest/",
    "https://[::ffff:127.0.0.1]/rest/",
    "https://[::ffff:a9fe:a9fe]/rest/",
    "https://[fe80::1]/rest/",
    "https://[fc00::1]/rest/",
    "https://romashka.bitrix24.ru@127.0.0.1/rest/",
    "https://user:password@romashka.bitrix24.ru/rest/",
    "https://romashka.bitrix24.ru:99999/rest/",
    "https://[::1/rest/",
]
RESOLVED = [
    "127.0.0.1",
    "10.1.2.3",
    "169.254.169.254",
    "::1",
    "fe80::1",
    "::ffff:10.0.0.1",
    "0.0.0.0",
    "240.0.0.1",
]


@pytest.mark.parametrize("url", HOSTILE)
def test_a_hostile_address_is_refused_before_anything_is_sent(url: str) -> None:
    with pytest.raises(BitrixError) as refused:
        EndpointPolicy([]).check_url(url)

    assert (refused.value.kind, refused.value.code) == (Kind.CONFIG, "endpoint_forbidden")


@pytest.mark.parametrize("address", RESOLVED)
def test_a_good_name_that_resolves_to_a_private_address_is_refused(address: str) -> None:
    with pytest.raises(BitrixError) as refused:
        EndpointPolicy([]).check_address("romashka.bitrix24.ru", 443, address)

    assert refused.value.code == "endpoint_forbidden"


@pytest.mark.parametrize(
    "url",
    ["https://romashka.bitrix24.ru/rest/", "https://box.example.com:8443/rest/", "https://93.184.216.34/rest/"],
)
def test_a_public_https_address_is_allowed(url: str) -> None:
    policy = EndpointPolicy([""])

    policy.check_url(url)
    policy.check_address("romashka.bitrix24.ru", 443, "93.184.216.34")


def test_what_is_named_for_development_is_allowed_and_its_neighbours_are_not() -> None:
    policy = EndpointPolicy(["127.0.0.1:9400", "Sim.local", "10.5.0.0/16"])

    for url in ("http://127.0.0.1:9400/rest/", "http://sim.LOCAL:1234/rest/", "http://10.5.7.8/rest/"):
        policy.check_url(url)
    policy.check_address("sim.local", 80, "127.0.0.1")
    policy.check_address("inside.example.com", 443, "10.5.7.8")
    for url in ("http://127.0.0.1:9401/rest/", "http://10.6.0.1/rest/", "http://evil.sim.local/rest/"):
        with pytest.raises(BitrixError):
            policy.check_url(url)


@pytest.fixture
async def pool() -> AsyncIterator[tuple[http.Pool, EndpointPolicy]]:
    policy = EndpointPolicy([])
    client = http.client(policy)
    yield client, policy
    await client.aclose()


async def test_a_name_is_judged_by_the_address_it_resolves_to(
    pool: tuple[http.Pool, EndpointPolicy],
) -> None:
    EndpointPolicy([]).check_url("https://localhost/rest/")  # a name tells nothing yet

    with pytest.raises(BitrixError) as refused:
        await BitrixClient(*pool).call(Credential("m", "https://localhost:1/rest/", "token"), "profile", {})

    assert refused.value.code == "endpoint_forbidden"


@pytest.mark.parametrize("url", [url for url in HOSTILE if url not in TRANSLATED])
async def test_the_client_sends_nothing_to_a_hostile_address(
    pool: tuple[http.Pool, EndpointPolicy], url: str
) -> None:
    with pytest.raises(BitrixError) as refused:
        await BitrixClient(*pool).call(Credential("m", url, "token"), "profile", {})

    assert refused.value.kind in {Kind.CONFIG, Kind.TRANSPORT}
