"""Readiness: 503 with the names of what fails, be it a context or what it stands on."""

from typing import Any

import pytest


async def failing(gateway: Any) -> list[str]:
    answer = await gateway.http.get("/ready")
    names: list[str] = answer.json()["failing"]
    assert answer.status_code == (503 if names else 200)
    assert answer.json()["status"] == ("not_ready" if names else "ready")
    return names


@pytest.fixture
def alone(gateway: Any) -> Any:
    """A gateway whose one context is messaging."""
    gateway.app.state.contexts.channels = {"messaging": gateway.app.state.contexts.channels["messaging"]}
    return gateway


async def test_contexts_that_do_not_answer_are_named(gateway: Any) -> None:
    assert await failing(gateway) == ["billing", "delivery", "portal"]


async def test_a_context_without_dependencies_of_its_own_is_ready(alone: Any) -> None:
    assert await failing(alone) == []


@pytest.mark.parametrize(
    ("serving", "named"),
    [
        ({"postgres": True, "redis": True}, []),
        ({"postgres": True, "redis": False}, ["redis"]),
        ({"postgres": False, "redis": True, "": False}, ["postgres"]),
        ({"postgres": False, "redis": False, "": False}, ["postgres", "redis"]),
        ({"postgres": True, "redis": True, "": False}, ["messaging"]),
    ],
)
async def test_what_a_context_stands_on_is_named(alone: Any, serving: dict[str, bool], named: list[str]) -> None:
    for name, serves in serving.items():
        await alone.server.tell(name, serving=serves)

    assert await failing(alone) == named


async def test_events_are_taken_while_nothing_is_ready(gateway: Any) -> None:
    gateway.messaging.away = True
    await gateway.server.tell_all(serving=False)

    answer = await gateway.post("event=A")

    assert answer.status_code == 200
    assert (await gateway.http.get("/ready")).status_code == 503
