"""The inbound proof: each portal probed once a day at its own time, and who stays silent shown as failing."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import grpc
import pytest
from sqlalchemy import text

from kit.pb import enum_name, moment
from kit.rpc import peer_error
from portal.daily_probe import ECHO_WITHIN, next_slot
from teachbase.portal.v1 import diagnosis_pb2 as pb
from teachbase.portal.v1 import feed_pb2, portal_pb2

DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
async def alone(service: Any) -> None:
    """Portals of other tests are probed by nobody."""
    async with service.engine.begin() as conn:
        await conn.execute(text("UPDATE portals SET state = 'uninstalled'"))


async def installed(service: Any) -> tuple[dict[str, Any], str]:
    made = await service.sim.portal(installed=True, limits="off")
    return made, (await service.install(made)).id


async def probes(service: Any, portal_id: str) -> list[Any]:
    found: list[Any] = await service.rows(
        "SELECT * FROM portal_probes WHERE portal_id = CAST(:id AS uuid) ORDER BY asked_at", id=portal_id
    )
    return found


async def asked(service: Any, made: dict[str, Any]) -> int:
    requests = await service.sim.control("GET", f"/portals/{made['member_id']}/requests")
    return int(requests["by_method"].get("event.test", 0))


async def echo(service: Any, made: dict[str, Any], probe_id: UUID) -> None:
    await service.stub.HandleLifeCycle(
        feed_pb2.HandleLifeCycleRequest(
            member_id=made["member_id"], event="ONAPPTEST", is_proven=True, probe=probe_id.hex
        )
    )


async def portal_of(service: Any, portal_id: str) -> portal_pb2.Portal:
    answer = await service.stub.GetPortal(portal_pb2.GetPortalRequest(portal_id=portal_id))
    found: portal_pb2.Portal = answer.portal
    return found


async def health(service: Any, portal_id: str) -> tuple[str, list[str]]:
    found = await portal_of(service, portal_id)
    by_filter = await service.stub.ListPortals(portal_pb2.ListPortalsRequest(query=portal_id, health=found.health))
    assert [one.id for one in by_filter.portals] == [portal_id], "the filter says what the row says"
    return enum_name(portal_pb2.PortalHealth, found.health), [one.name for one in found.alerts]


async def pass_a_day(service: Any) -> None:
    await service.daily.round()  # a portal that is new gets its time of the day
    service.clock.advance(DAY.total_seconds())


async def test_a_portal_is_probed_once_a_day_with_one_request(service: Any) -> None:
    made, portal_id = await installed(service)
    await service.daily.round()
    before = (await asked(service, made), await probes(service, portal_id))

    days = []
    for _ in range(3):
        service.clock.advance(DAY.total_seconds())
        await service.daily.round()
        await service.daily.round()
        days.append(await asked(service, made))

    assert before == (0, [])
    assert days == [1, 2, 3]
    assert len(await probes(service, portal_id)) == 3


async def test_portals_are_probed_at_different_times_of_the_day_and_only_those_in_service(service: Any) -> None:
    portals = [await installed(service) for _ in range(3)]
    gone, gone_id = portals[2]
    await service.sim.control("POST", f"/portals/{gone['member_id']}/uninstall", {})
    async with service.engine.begin() as conn:
        await conn.execute(text("UPDATE portals SET state = 'uninstalled' WHERE id = :id"), {"id": UUID(gone_id)})

    await service.daily.round()

    rows = await service.rows("SELECT id, probe_due_at FROM portals WHERE state = 'active'")
    due = {str(row.id): row.probe_due_at for row in rows}
    assert set(due) == {portal_id for _, portal_id in portals[:2]}
    assert len(set(due.values())) == 2
    now = service.clock()
    assert all(now < moment_ <= now + DAY for moment_ in due.values())
    assert all(due[one] == next_slot(UUID(one), now) for one in due)


async def test_several_workers_share_the_work(service: Any) -> None:
    portals = [await installed(service) for _ in range(4)]
    await pass_a_day(service)

    await asyncio.gather(*(service.daily.round() for _ in range(5)))

    assert [await asked(service, made) for made, _ in portals] == [1, 1, 1, 1]


async def test_a_probe_of_a_worker_that_died_is_made_again_and_raises_no_alert(service: Any) -> None:
    made, portal_id = await installed(service)
    await pass_a_day(service)
    async with service.engine.begin() as conn:  # claimed, noted, and then the worker was gone
        await conn.execute(
            text("UPDATE portals SET probe_due_at = :lease WHERE id = :id"),
            {"lease": service.clock() + timedelta(minutes=5), "id": UUID(portal_id)},
        )
        await conn.execute(
            text("INSERT INTO portal_probes VALUES (:id, gen_random_uuid(), :now, NULL, 'not_sent')"),
            {"id": UUID(portal_id), "now": service.clock()},
        )

    await service.daily.round()
    too_early = await asked(service, made)
    service.clock.advance(ECHO_WITHIN.total_seconds() + 1)
    await service.daily.round()

    assert (too_early, await asked(service, made)) == (0, 1)
    assert await health(service, portal_id) == ("ok", [])


async def test_a_probe_that_comes_back_proves_the_portal_alive(service: Any) -> None:
    made, portal_id = await installed(service)
    await pass_a_day(service)
    await service.daily.round()
    (probe,) = await probes(service, portal_id)

    service.clock.advance(3)
    await echo(service, made, probe.id)
    service.clock.advance(ECHO_WITHIN.total_seconds() + 1)
    await service.daily.round()

    # The portal's time of the day is by chance: the next probe may be due within these seconds.
    (echoed,) = [one for one in await probes(service, portal_id) if one.id == probe.id]
    assert echoed.echoed_at - echoed.asked_at == timedelta(seconds=3)
    found = await portal_of(service, portal_id)
    assert found.last_proven_alive_at.ToDatetime() == echoed.echoed_at.replace(tzinfo=None)
    assert await health(service, portal_id) == ("ok", [])


async def test_a_probe_that_does_not_come_back_is_an_alert_until_one_does(service: Any) -> None:
    made, portal_id = await installed(service)
    await pass_a_day(service)
    await service.daily.round()
    (probe,) = await probes(service, portal_id)

    service.clock.advance(ECHO_WITHIN.total_seconds() - 1)
    await service.daily.round()
    not_yet = await health(service, portal_id)
    service.clock.advance(2)
    await service.daily.round()
    silent = await health(service, portal_id)
    cause = (await portal_of(service, portal_id)).alerts[0].cause
    await echo(service, made, probe.id)  # late, and alive all the same

    assert not_yet == ("ok", [])
    assert silent == ("failing", ["probe"])
    assert "did not come back" in cause
    assert await health(service, portal_id) == ("ok", [])


async def test_a_portal_that_refuses_the_probe_is_an_alert_with_its_code(service: Any) -> None:
    made, portal_id = await installed(service)
    await pass_a_day(service)
    await service.sim.control(
        "PUT", f"/portals/{made['member_id']}/faults", [{"kind": "payment_required", "method": "event.test"}]
    )

    await service.daily.round()

    assert await health(service, portal_id) == ("failing", ["probe"])
    assert "PAYMENT_REQUIRED" in (await portal_of(service, portal_id)).alerts[0].cause
    (probe,) = await probes(service, portal_id)
    assert probe.cause == "PAYMENT_REQUIRED"


async def test_a_subscription_that_ended_is_learned_of_though_nobody_tells(service: Any) -> None:
    made, portal_id = await installed(service)
    await pass_a_day(service)
    await service.sim.control("PATCH", f"/portals/{made['member_id']}", {"payment_expired": True})

    await service.daily.round()

    assert await health(service, portal_id) == ("failing", ["payment"])


async def test_a_portal_that_is_away_for_a_moment_is_a_warning_and_asked_again_in_an_hour(service: Any) -> None:
    made, portal_id = await installed(service)
    await pass_a_day(service)
    await service.sim.control(
        "PUT", f"/portals/{made['member_id']}/faults", [{"kind": "http_502_html", "count": 1}]
    )

    await service.daily.round()
    away = await health(service, portal_id)
    service.clock.advance(3601)
    await service.daily.round()
    first, second = await probes(service, portal_id)
    await echo(service, made, second.id)

    assert away == ("warning", ["probe"])
    assert (first.cause, second.cause) == ("not_json", "")
    assert await health(service, portal_id) == ("ok", [])


async def test_silence_that_messaging_sees_is_a_warning_until_it_is_over(service: Any) -> None:
    _, portal_id = await installed(service)
    last = service.clock()
    service.clock.advance(7 * 3600)

    async def report(*, is_silent: bool, at: Any) -> None:
        request = pb.ReportTrafficRequest(
            portal_id=portal_id, last_message_at=moment(at), is_silent=is_silent, expected=7
        )
        await service.diagnosis.ReportTraffic(request)

    await report(is_silent=True, at=last)
    silent = await health(service, portal_id)
    alert = (await portal_of(service, portal_id)).alerts[0]
    await report(is_silent=False, at=service.clock())

    assert silent == ("warning", ["silence"])
    assert "7 hours" in alert.cause
    assert alert.since.ToDatetime() == last.replace(tzinfo=None)
    assert await health(service, portal_id) == ("ok", [])
    found = await portal_of(service, portal_id)
    assert found.last_proven_alive_at.ToDatetime() == service.clock().replace(tzinfo=None)


async def test_traffic_of_a_portal_that_nobody_knows_is_refused(service: Any) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await service.diagnosis.ReportTraffic(
            pb.ReportTrafficRequest(portal_id="6f1b7d3e-2a4c-5b8e-9d10-7ea0b24f0001")
        )

    assert peer_error("portal", refused.value).reason == "PORTAL_NOT_FOUND"


async def test_what_is_stored_of_a_portal_says_its_health_and_the_filter_agrees(service: Any) -> None:
    _, portal_id = await installed(service)
    seen = {}
    for name, statement in {
        "no token": "UPDATE portal_tokens SET state = 'dead' WHERE portal_id = :id",
        "no bot either": "UPDATE portals SET bot_state = 'failed', bot_error_code = 'X' WHERE id = :id",
        "a token, no bot": "UPDATE portal_tokens SET state = 'live' WHERE portal_id = :id",
        "unpaid": "UPDATE portals SET state = 'payment_required' WHERE id = :id",
        "suspended": "UPDATE portals SET state = 'suspended' WHERE id = :id",
    }.items():
        async with service.engine.begin() as conn:
            await conn.execute(text(statement), {"id": UUID(portal_id)})
        seen[name] = await health(service, portal_id)

    assert seen == {
        "no token": ("failing", ["token"]),
        "no bot either": ("failing", ["bot", "token"]),
        "a token, no bot": ("failing", ["bot"]),
        "unpaid": ("failing", ["payment"]),
        "suspended": ("ok", []),
    }


async def test_an_install_anew_ends_the_alerts_of_before(service: Any) -> None:
    made, portal_id = await installed(service)
    await pass_a_day(service)
    await service.sim.control(
        "PUT", f"/portals/{made['member_id']}/faults", [{"kind": "payment_required", "method": "event.test"}]
    )
    await service.daily.round()
    before = await health(service, portal_id)
    await service.sim.control("PUT", f"/portals/{made['member_id']}/faults", [])

    await service.install(made)

    assert before == ("failing", ["probe"])
    assert await health(service, portal_id) == ("ok", [])
