"""A diagnosis asked over gRPC: what it says where something cannot be asked, and what it leaves alone."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import grpc
import pytest
from sqlalchemy import text

from b24sim.testing import NOW
from kit.pb import enum_name
from kit.rpc import peer_error
from portal.bindings import Bindings
from portal.checks import catalog
from portal.checks.facts import Facts
from portal.checks.finding import bounded
from portal.domain import Access, Bot, Portal, PortalSettings
from teachbase.portal.v1 import diagnosis_pb2 as pb
from teachbase.portal.v1 import feed_pb2, install_pb2, tokens_pb2

PEOPLE = [
    {"id": 1, "name": "Анна", "last_name": "Первая", "admin": True},
    {"id": 2, "name": "Пётр", "last_name": "Второй"},
]


async def installed(service: Any, **options: Any) -> tuple[dict[str, Any], str]:
    """A portal in service, its clock in step with ours."""
    service.clock.at = datetime.fromtimestamp(NOW, UTC)
    made = await service.sim.portal(users=PEOPLE, installed=True, **options)
    portal_id = (await service.install(made)).id
    await service.stub.FinalizeInstall(install_pb2.FinalizeInstallRequest(portal_id=portal_id, user_ids=[2]))
    return made, portal_id


async def revoke(service: Any, made: dict[str, Any], **which: bool) -> None:
    await service.sim.control("POST", f"/portals/{made['member_id']}/revoke", {"user_id": 1, **which})


async def diagnose(service: Any, made: dict[str, Any], portal_id: str) -> dict[str, pb.Check]:
    """Diagnose, while the test events that the portal sends come back."""

    async def echo() -> None:
        while True:
            waiting = await service.rows(
                "SELECT id FROM portal_probes WHERE portal_id = CAST(:id AS uuid) AND echoed_at IS NULL",
                id=portal_id,
            )
            for row in waiting:
                await service.stub.HandleLifeCycle(
                    feed_pb2.HandleLifeCycleRequest(
                        member_id=made["member_id"], event="ONAPPTEST", is_proven=True, probe=row.id.hex
                    )
                )
            await asyncio.sleep(0.05)

    echoing = asyncio.create_task(echo())
    found = await service.diagnosis.Diagnose(pb.DiagnoseRequest(portal_id=portal_id))
    echoing.cancel()
    await asyncio.gather(echoing, return_exceptions=True)
    return {check.name: check for check in found.checks}


def states(checks: dict[str, pb.Check]) -> dict[str, str]:
    """What is not well."""
    said = {name: enum_name(pb.CheckState, check.state) for name, check in checks.items()}
    return {name: state for name, state in said.items() if state != "ok"}


async def test_nothing_is_wrong_with_a_portal_in_service(service: Any) -> None:
    made, portal_id = await installed(service)

    checks = await diagnose(service, made, portal_id)

    assert states(checks) == {}
    assert [check.name for check in catalog.CATALOG] == list(checks)
    assert not [check for check in checks.values() if check.what_would_be_done or check.reason]


async def test_a_portal_that_nobody_knows_is_not_found(service: Any) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await service.diagnosis.Diagnose(pb.DiagnoseRequest(portal_id="6f1b7d3e-2a4c-5b8e-9d10-7ea0b24f0001"))

    assert peer_error("portal", refused.value).reason == "PORTAL_NOT_FOUND"


async def test_while_the_oauth_server_is_away_nothing_is_called_well_that_was_not_asked(service: Any) -> None:
    made, portal_id = await installed(service)
    service.oauth._base_url = "http://127.0.0.1:1"

    checks = await diagnose(service, made, portal_id)

    found = states(checks)
    assert found.pop("oauth_reachable") == "failed"
    assert found == dict.fromkeys(["refresh_works", "token_valid", "domain_unchanged", "scopes"], "unknown")
    assert all("oauth_reachable" in checks[name].reason for name in found)


async def test_without_a_live_token_what_needs_one_is_skipped_and_says_why(service: Any) -> None:
    made, portal_id = await installed(service)
    async with service.engine.begin() as conn:
        await conn.execute(text("UPDATE portal_tokens SET state = 'dead'"))

    checks = await diagnose(service, made, portal_id)

    found = states(checks)
    assert found.pop("token_valid") == "failed"
    assert set(found.values()) == {"skipped"}
    own = {"oauth_reachable", "in_service", "breaker_closed", "allowlist_not_empty"}
    assert set(found) == {check.name for check in catalog.CATALOG} - own - {"token_valid"}
    assert all(checks[name].reason.startswith(("token_valid", "rest_answers")) for name in found)


async def test_a_token_that_has_ended_as_tokens_do_is_no_fault(service: Any) -> None:
    made, portal_id = await installed(service, token_ttl=30)
    await revoke(service, made, access=True, refresh=False)
    service.clock.advance(31)

    checks = await diagnose(service, made, portal_id)

    assert states(checks) == {}
    assert checks["token_valid"].evidence["is_expired"]


async def test_an_employees_token_is_named_and_what_it_may_not_see_is_unknown(service: Any) -> None:
    made, portal_id = await installed(service)
    claim = await service.claim(made, 2)
    service.clock.advance(1)
    await service.stub.HandleLifeCycle(
        feed_pb2.HandleLifeCycleRequest(
            member_id=made["member_id"],
            event="ONAPPINSTALL",
            access_token=claim.access_token,
            refresh_token=claim.refresh_token,
            expires_in=3600,
            remote_ip=service.remote_ip,
        )
    )

    checks = await diagnose(service, made, portal_id)

    assert states(checks) == {"token_rights": "failed", "placements_bound": "unknown"}
    assert "open the app" in checks["token_rights"].what_would_be_done


async def test_a_refresh_that_is_refused_leaves_the_token_as_it_is(service: Any) -> None:
    made, portal_id = await installed(service)
    await revoke(service, made, access=False, refresh=True)

    checks = await diagnose(service, made, portal_id)

    assert states(checks) == {"refresh_works": "failed"}
    token = await service.stub.GetAccessToken(tokens_pb2.GetAccessTokenRequest(portal_id=portal_id))
    assert token.token.access_token


async def test_a_portal_that_throttles_is_not_called_down(service: Any) -> None:
    made, portal_id = await installed(service)
    await service.sim.control("PUT", f"/portals/{made['member_id']}/faults", [{"kind": "throttle_503"}])

    checks = await diagnose(service, made, portal_id)

    assert states(checks)["rest_answers"] == "unknown"
    assert "failed" not in {states(checks).get(name) for name in ("app_installed", "bot_present", "scopes")}


async def test_a_check_that_breaks_is_unknown_and_nobody_elses(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_facts: Facts) -> Any:
        raise KeyError("a portal said what nobody expected")

    first, *others = catalog.CATALOG
    monkeypatch.setattr(catalog, "CATALOG", (replace(first, judge=broken), *others))
    moment = datetime(2026, 9, 21, tzinfo=UTC)
    portal = Portal(
        id=uuid4(),
        member_id="m",
        domain="d",
        client_endpoint="https://d/rest/",
        state="active",
        bot=Bot(1, "registered", ""),
        access=Access("all", (), ()),
        created_at=moment,
        installed_at=moment,
        last_proven_alive_at=None,
        suspended_reason="",
        settings=PortalSettings("", "webhook"),
        reached_department_ids=(),
    )

    findings = catalog.judge(Facts(portal, moment, "app", Bindings("https://ai.example.test")))

    assert findings[first.name].state == "unknown"
    assert findings["allowlist_not_empty"].state == "ok"


def test_evidence_has_bounds() -> None:
    said = bounded(
        {"text": "x" * 1000, "list": list(range(100)), "map": {str(n): n for n in range(100)}, "odd": {1}}
    )

    assert (len(said["text"]), len(said["list"]), len(said["map"]), said["odd"]) == (300, 20, 20, [1])
