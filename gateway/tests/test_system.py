"""The console sees how the product's parts are, whatever of it is away."""

from typing import Any

SYSTEM = "/v1/admin/system"


async def read(console: Any, what: str) -> Any:
    answer = await console.http.get(f"{SYSTEM}/{what}", headers=console.sign_in("viewer"))
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_parts_that_are_away_are_named_with_a_cause_and_a_step(console: Any) -> None:
    health = await read(console, "health")
    parts = {(one["kind"], one["name"]): one for one in health["components"]}

    assert health["status"] == "failing"
    assert parts["service", "messaging"]["state"] == "ok"
    for name in ("delivery", "billing"):
        assert parts["service", name]["state"] == "failing"
        assert parts["service", name]["cause"]
        assert parts["service", name]["next_step"]
    assert parts["store", "postgres"]["state"] == "unknown"
    assert parts["worker", "delivery-worker"]["state"] == "unknown"
    assert parts["spool", "spool"]["state"] == "ok"


async def test_the_gateways_own_queue_is_told_and_who_does_not_tell_is_named(console: Any) -> None:
    console.gateway.messaging.away = True
    await console.gateway.post("one")

    queues = await read(console, "queue")

    [spool] = queues["items"]
    assert (spool["queue"], spool["depth"], spool["rate_per_min"]) == ("spool", 1, None)
    assert queues["missing"] == ["messaging", "delivery"]


async def test_where_nobody_can_know_of_workers_it_says_why(console: Any) -> None:
    workers = await read(console, "workers")

    assert workers["items"] == []
    assert workers["cause"]


async def test_only_staff_may_look(console: Any) -> None:
    for what in ("health", "queue", "workers"):
        assert (await console.http.get(f"{SYSTEM}/{what}")).status_code == 401
