"""The leaky bucket and the operating time, by a clock that moves only when told (contract 3.4)."""

from b24sim.limits import Bucket
from b24sim.model import Limits
from b24sim.operating import OperatingTime
from b24sim.testing import FakeClock, Sim


async def test_fifty_calls_pass_at_once_and_then_two_a_second(sim: Sim, clock: FakeClock) -> None:
    portal = await sim.portal()

    at_once = [(await sim.call(portal, "user.admin")).status_code for _ in range(52)]
    clock.now += 1
    a_second_later = [(await sim.call(portal, "user.admin")).status_code for _ in range(3)]

    assert at_once == [200] * 50 + [503] * 2
    assert a_second_later == [200, 200, 503]
    refused = await sim.call(portal, "user.admin")
    assert refused.json() == {"error": "QUERY_LIMIT_EXCEEDED", "error_description": "Too many requests"}
    violations = (await sim.http.get(f"/control/portals/{portal['member_id']}/violations")).json()
    assert (violations["total"], len(violations["items"])) == (4, 4)
    assert violations["items"][0]["method"] == "user.admin"


async def test_portals_share_no_bucket_and_a_bucket_may_be_off(sim: Sim) -> None:
    small, free = await sim.portal(limits={"rate": 2, "burst": 1}), await sim.portal(limits="off")

    calls = [(await sim.call(portal, "profile")).status_code for portal in (small, free, small, free, free)]

    assert calls == [200, 200, 503, 200, 200]
    stats = await sim.control("GET", "/stats")
    assert (stats["requests"], stats["violations"]) == (5, 1)


async def test_limits_change_while_the_portal_runs(sim: Sim) -> None:
    portal = await sim.portal(limits={"rate": 2, "burst": 1})
    path = f"/portals/{portal['member_id']}/limits"

    await sim.control("PUT", path, "off")
    off = [(await sim.call(portal, "profile")).status_code for _ in range(3)]
    await sim.control("PUT", path, {"rate": 5, "burst": 250})

    assert off == [200, 200, 200]
    assert (await sim.control("GET", f"/portals/{portal['member_id']}"))["limits"] == {"rate": 5, "burst": 250}


def test_a_refused_call_adds_nothing_to_the_bucket() -> None:
    bucket, limits = Bucket(), Limits(rate=2, burst=1)

    taken = [bucket.take(limits, now) for now in (0.0, 0.1, 0.2, 0.5)]

    assert taken == [True, False, False, True]


async def test_answers_carry_the_time_of_the_method(sim: Sim, clock: FakeClock) -> None:
    portal = await sim.portal()

    time = (await sim.call(portal, "profile")).json()["time"]

    assert list(time) == [
        "start", "finish", "duration", "processing", "date_start", "date_finish",
        "operating_reset_at", "operating",
    ]  # fmt: skip
    assert (time["start"], time["operating"]) == (clock.now, 0)
    assert time["date_start"] == "2026-09-21T17:13:20+03:00"


def test_run_time_counts_for_ten_minutes_and_blocks_the_next_call() -> None:
    run_time = OperatingTime()

    run_time.add("user.get", 0, 0.05)
    run_time.add("user.get", 30, 300)
    run_time.add("user.get", 90, 180)

    assert run_time.of("user.get", 100).exhausted
    assert run_time.of("user.get", 100).seconds == 480
    assert run_time.of("user.get", 100).reset_at == 600
    assert run_time.of("user.get", 600).seconds == 180
    assert not run_time.of("profile", 100).exhausted


async def test_a_body_over_16_mib_is_refused_by_the_front_server(sim: Sim) -> None:
    portal = await sim.portal()

    answer = await sim.http.post(portal["client_endpoint"] + "profile", content=b"x" * (16 * 1024 * 1024 + 1))

    assert (answer.status_code, answer.headers["content-type"]) == (413, "text/html; charset=UTF-8")
