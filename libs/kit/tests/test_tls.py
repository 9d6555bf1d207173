"""Who may call whom, by certificates: what the wire lets through and what the call graph does."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from prometheus_client import REGISTRY

from devstack.certificates import Authority
from kit import tls
from kit.config import PLAIN, SettingsError, TransportSettings
from kit.errors import PeerError
from kit.rpc import Context, call, channel
from kit.server import Server
from teachbase.billing.v1 import billing_pb2 as pb
from teachbase.billing.v1 import billing_pb2_grpc

PORTAL = "5f2c1be0-7a9d-4e63-b8d0-a1c2e3f40516"


class Billing(billing_pb2_grpc.BillingServiceServicer):
    """Counts who came through."""

    def __init__(self, name: str = "") -> None:
        self.name = name
        self.calls = 0

    async def Reserve(self, _request: pb.ReserveRequest, _context: Context) -> pb.ReserveResponse:  # noqa: N802 - the proto's name
        self.calls += 1
        return pb.ReserveResponse()

    async def GetUsage(self, _request: pb.GetUsageRequest, _context: Context) -> pb.GetUsageResponse:  # noqa: N802 - the proto's name
        self.calls += 1
        return pb.GetUsageResponse(plan_code=self.name)


def new_billing(name: str = "") -> Billing:
    return Billing(name)  # type: ignore[abstract] # the rest is UNIMPLEMENTED


@asynccontextmanager
async def serving(transport: TransportSettings, billing: Billing) -> AsyncIterator[int]:
    server = Server("127.0.0.1:0", transport)
    server.add(
        billing_pb2_grpc.add_BillingServiceServicer_to_server, billing, "teachbase.billing.v1.BillingService"
    )
    await server.start()
    yield server.port
    await server.stop(0)


def settings(folder: Path, authority: Authority, *names: str) -> TransportSettings:
    """Put a certificate for `names` into a folder, over what was there, and say where it is."""
    folder.mkdir(exist_ok=True)
    authority.issue(folder, *names)
    return TransportSettings(
        tls_cert_file=str(folder / "tls.crt"),
        tls_key_file=str(folder / "tls.key"),
        tls_ca_file=str(folder / "ca.crt"),
        tls_look_every_s=0,
    )


async def usage(own: grpc.aio.Channel) -> str:
    stub: Any = billing_pb2_grpc.BillingServiceStub(own)
    answer = await call(stub.GetUsage, pb.GetUsageRequest(portal_id=PORTAL), peer="billing", timeout=5)
    assert isinstance(answer, pb.GetUsageResponse)
    return answer.plan_code


async def refusal(own: grpc.aio.Channel, method: str = "GetUsage", request: Any = None) -> PeerError:
    stub: Any = billing_pb2_grpc.BillingServiceStub(own)
    with pytest.raises(PeerError) as failed:
        await call(
            getattr(stub, method), request or pb.GetUsageRequest(portal_id=PORTAL), peer="billing", timeout=3
        )
    return failed.value


async def test_a_context_calls_what_the_call_graph_has_and_nothing_else(tmp_path: Path) -> None:
    authority, billing = Authority.new(), new_billing()
    gateway = settings(tmp_path / "gateway", authority, "gateway")
    labels = {"caller": "gateway", "method": "Reserve"}
    before = REGISTRY.get_sample_value("tb_rpc_callers_refused_total", labels) or 0

    async with (
        serving(settings(tmp_path / "billing", authority, "billing"), billing) as port,
        channel(f"127.0.0.1:{port}", "billing", gateway) as own,
    ):
        await usage(own)
        refused = await refusal(own, "Reserve", pb.ReserveRequest())

    assert (refused.status, refused.reason) == (grpc.StatusCode.PERMISSION_DENIED, "CALLER_NOT_ALLOWED")
    assert refused.detail == {"caller": "gateway", "rpc": "/teachbase.billing.v1.BillingService/Reserve"}
    assert billing.calls == 1
    assert REGISTRY.get_sample_value("tb_rpc_callers_refused_total", labels) == before + 1


@pytest.mark.parametrize("names", [("portal",), ("stranger",), ("gateway", "messaging")])
async def test_who_is_nobody_or_two_or_without_calls_gets_nothing_but_health(
    tmp_path: Path, names: tuple[str, ...]
) -> None:
    authority, billing = Authority.new(), new_billing()
    async with (
        serving(settings(tmp_path / "billing", authority, "billing"), billing) as port,
        channel(f"127.0.0.1:{port}", "billing", settings(tmp_path / "own", authority, *names)) as own,
    ):
        refused = await refusal(own)
        stub: Any = health_pb2_grpc.HealthStub(own)
        answer = await stub.Check(health_pb2.HealthCheckRequest())

    assert refused.reason == "CALLER_NOT_ALLOWED"
    assert billing.calls == 0
    assert answer.status == health_pb2.HealthCheckResponse.SERVING


async def test_a_certificate_of_another_authority_and_none_are_not_let_in(tmp_path: Path) -> None:
    authority, other, billing = Authority.new(), Authority.new(), new_billing()
    of_another = settings(tmp_path / "other", other, "gateway")
    async with serving(settings(tmp_path / "billing", authority, "billing"), billing) as port:
        (tmp_path / "other" / "ca.crt").write_bytes((tmp_path / "billing" / "ca.crt").read_bytes())
        anonymous = grpc.ssl_channel_credentials((tmp_path / "billing" / "ca.crt").read_bytes())
        renamed = [("grpc.ssl_target_name_override", "billing")]
        async with (
            channel(f"127.0.0.1:{port}", "billing", of_another) as wrong,
            channel(f"127.0.0.1:{port}") as plain,
            grpc.aio.secure_channel(f"127.0.0.1:{port}", anonymous, options=renamed) as nameless,
        ):
            refused = [await refusal(own) for own in (wrong, plain, nameless)]

    assert {one.status for one in refused} == {grpc.StatusCode.UNAVAILABLE}
    assert billing.calls == 0


async def test_a_server_that_is_not_who_was_asked_for_hears_nothing(tmp_path: Path) -> None:
    authority, billing = Authority.new(), new_billing()
    gateway = settings(tmp_path / "gateway", authority, "gateway")
    async with (
        serving(settings(tmp_path / "delivery", authority, "delivery"), billing) as port,
        channel(f"127.0.0.1:{port}", "billing", gateway) as own,
    ):
        refused = await refusal(own)

    assert refused.status is grpc.StatusCode.UNAVAILABLE
    assert billing.calls == 0


async def test_a_renewed_certificate_is_taken_up_by_both_sides_without_a_restart(
    tmp_path: Path,
) -> None:
    first, second, billing = Authority.new(), Authority.new(), new_billing("served")
    server = settings(tmp_path / "billing", first, "billing")
    client = settings(tmp_path / "gateway", first, "gateway")
    late = settings(tmp_path / "late", second, "gateway")

    async with serving(server, billing) as port, channel(f"127.0.0.1:{port}", "billing", client) as own:
        before = await usage(own)
        async with channel(f"127.0.0.1:{port}", "billing", late) as stranger:
            early = await refusal(stranger)
        settings(tmp_path / "billing", second, "billing")
        settings(tmp_path / "gateway", second, "gateway")
        after = [await usage(own) for _ in range(3)]
        async with channel(f"127.0.0.1:{port}", "billing", late) as known:
            others = await usage(known)

    assert early.status is grpc.StatusCode.UNAVAILABLE
    assert (before, after, others) == ("served", ["served"] * 3, "served")


async def test_half_a_renewal_changes_nothing(tmp_path: Path) -> None:
    authority = Authority.new()
    given = settings(tmp_path / "own", authority, "gateway")
    certificates = tls.Certificates(given)
    before = certificates.current()
    settings(tmp_path / "next", authority, "gateway")
    (tmp_path / "own" / "tls.key").write_bytes((tmp_path / "next" / "tls.key").read_bytes())
    half = certificates.current()
    (tmp_path / "own" / "tls.crt").write_bytes((tmp_path / "next" / "tls.crt").read_bytes())

    assert half == before
    assert certificates.current() != before


async def test_a_feed_that_is_followed_survives_the_renewal(tmp_path: Path) -> None:
    authority = Authority.new()
    gateway = settings(tmp_path / "gateway", authority, "gateway")
    async with serving(settings(tmp_path / "billing", authority, "billing"), new_billing()) as port:
        own = channel(f"127.0.0.1:{port}", "billing", gateway)
        stub: Any = health_pb2_grpc.HealthStub(own)
        feed = stub.Watch(health_pb2.HealthCheckRequest())
        first = await feed.read()
        settings(tmp_path / "gateway", authority, "gateway")
        await usage(own)
        await asyncio.sleep(0.1)
        still = not feed.done()
        await own.close()
        feed.cancel()

    assert first.status == health_pb2.HealthCheckResponse.SERVING
    assert still


async def test_without_certificates_a_server_listens_on_loopback_only() -> None:
    Server("127.0.0.1:0", PLAIN)
    Server("0.0.0.0:0", TransportSettings(plain_grpc="anywhere"))

    with pytest.raises(SettingsError, match="TB_TLS_CERT_FILE"):
        Server("0.0.0.0:0", PLAIN)


def test_half_an_identity_and_files_that_are_none_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="go together"):
        TransportSettings(tls_cert_file="tls.crt")
    (tmp_path / "empty").touch()
    empty = str(tmp_path / "empty")

    for file in (empty, str(tmp_path / "absent")):
        with pytest.raises(SettingsError, match="cannot be used"):
            channel(
                "portal:1", "portal", TransportSettings(tls_cert_file=file, tls_key_file=file, tls_ca_file=file)
            )


async def test_calls_go_round_all_servers_behind_one_name() -> None:
    one, two = new_billing("one"), new_billing("two")
    async with (
        serving(PLAIN, one) as first,
        serving(PLAIN, two) as second,
        channel(f"ipv4:127.0.0.1:{first},127.0.0.1:{second}") as own,
    ):
        await own.channel_ready()
        answers = [await usage(own) for _ in range(40)]

    assert set(answers) == {"one", "two"}
    assert min(one.calls, two.calls) >= 10
